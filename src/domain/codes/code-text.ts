/** What docs/reference/codes.md says of a code: in Markdown, without the code's own name. */
export type CodeText = {
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly remedy: string;
};
