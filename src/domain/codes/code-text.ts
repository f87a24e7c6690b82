/** A code's entry in docs/reference/codes.md, as Markdown without the code's name. */
export type CodeText = {
  readonly meaning: string;
  /** What the reader can do. */
  readonly remedy: string;
};
