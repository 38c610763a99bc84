import MarkdownIt from 'markdown-it';
import { Html } from '../../../views/html';

/** HTML in a summary stays text, and so do pictures: a page of a run asks nobody for anything. */
const renderer = new MarkdownIt({ html: false, linkify: false }).disable('image');

/** Renders a summary of a task, whose text may come from anywhere. */
export function markdown(text: string): Html {
  return new Html(renderer.render(text));
}
