import type { ModelRecord, WrittenSection } from '../record/record';
import type { Block, CardSection } from './card';
import { data } from './dataSection';
import { dataGap } from './gaps';
import * as built from './pipelineSections';
import { owedSections, sectionsFor, sectionsNamed, trainingDataHeading, whyEmpty } from './writtenSections';

/** The sections of the card, in its order: what people wrote, what the pipeline knows, where it all comes from. */
export function cardSections(record: ModelRecord): CardSection[] {
  const written = record.evaluation?.modelCard?.sections ?? [];
  const owed = owedSections.map((each) => ({ ...each, sections: sectionsFor(each, written) }));
  const shown = new Set<WrittenSection>();
  const first = owed.map(({ id, title, sections }) => {
    const own = sections.filter((each) => !shown.has(each));
    const elsewhere = sections.find((each) => shown.has(each));
    own.forEach((each) => shown.add(each));
    return owedSection(id, title, own, elsewhere);
  });
  const ofData = sectionsNamed(written, trainingDataHeading).filter((each) => isTold(each) && !shown.has(each));
  ofData.forEach((each) => shown.add(each));
  const others = written.filter((each) => !shown.has(each) && isTold(each));
  return [
    built.modelDetails(record),
    ...first,
    dataWithGap(record, ofData),
    ...built.pipelineSections(record),
    ...(others.length > 0
      ? [{ ...people('further-information', 'Further information'), blocks: writtenBlocks(others) }]
      : []),
    built.lineage(record),
  ];
}

const isTold = ({ text }: WrittenSection): boolean => whyEmpty(text) === undefined;

const people = (id: string, title: string) => ({ id, title, source: 'people', state: 'complete' }) as const;

/** @param elsewhere of its text, what stands in a section before it: one heading may stand for several */
function owedSection(
  id: string,
  title: string,
  sections: readonly WrittenSection[],
  elsewhere: WrittenSection | undefined,
): CardSection {
  const full = sections.filter(isTold);
  const blocks = [
    ...(elsewhere ? [{ kind: 'text', text: `See "${elsewhere.title}" above.` } as const] : []),
    ...writtenBlocks(full, title),
  ];
  if (blocks.length > 0) return { ...people(id, title), blocks };
  const note = sections.length === 0 ? 'No one has written this yet.' : 'The file has this section, without a text.';
  return { ...people(id, title), state: 'gap', note, blocks };
}

/** @param title of the section that they stand in, which is not said again */
function writtenBlocks(sections: readonly WrittenSection[], title?: string): Block[] {
  const top = Math.min(...sections.map(({ level }) => level));
  return sections.map(({ title: own, level, text }) => ({
    kind: 'written',
    ...(own === '' || own === title ? {} : { heading: own }),
    depth: level - top,
    markdown: text,
  }));
}

/** What people say of the data stands with what the record knows of it. */
function dataWithGap(record: ModelRecord, written: readonly WrittenSection[]): CardSection {
  const known = data(record);
  const section = { ...known, blocks: [...known.blocks, ...writtenBlocks(written)] };
  const [gap] = dataGap(record, record.evaluation?.modelCard);
  return gap === undefined ? section : { ...section, state: 'gap', note: gap };
}
