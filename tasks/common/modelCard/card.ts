/** A piece of a section, before it is Markdown, HTML or JSON. All texts are plain but that of `written`. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'facts'; readonly rows: readonly Fact[] }
  | { readonly kind: 'table'; readonly columns: readonly CardColumn[]; readonly rows: readonly (readonly Value[])[] }
  /** Markdown of people, with the heading that it had below that of the section. */
  | { readonly kind: 'written'; readonly heading?: string; readonly depth: number; readonly markdown: string };

export type Fact = readonly [label: string, value: Value];

/** `code` is for ids and digests; an address becomes a link. */
export type Value = string | { readonly text: string; readonly code?: true; readonly url?: string };

export interface CardColumn {
  readonly title: string;
  readonly align?: 'right';
}

export interface CardSection {
  /** Stays the same in all versions, for programs. */
  readonly id: string;
  readonly title: string;
  /** Who says it. */
  readonly source: 'people' | 'pipeline';
  /** `gap`: somebody owes it; `pending`: its stage has not run. */
  readonly state: 'complete' | 'gap' | 'pending';
  /** What is missing, where it is not complete. */
  readonly note?: string;
  readonly blocks: readonly Block[];
}

/** The model card of one version; model-card.json is this, model-card.md and model-card.html show it. */
export interface ModelCard {
  readonly schemaVersion: 1;
  readonly model: { readonly name: string; readonly version: string };
  /** SHA-256 of the record that it was made of. */
  readonly record: string;
  readonly decision?: 'approved' | 'rejected';
  /** What somebody owes it, a sentence each. */
  readonly gaps: readonly string[];
  /** As the Hugging Face hub reads it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly sections: readonly CardSection[];
}
