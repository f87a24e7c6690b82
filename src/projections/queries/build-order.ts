/** What a generation is built for: to become the live one, or to be compared with it and dropped. */
export type BuildPurpose = 'rebuild' | 'verify';

export type BuildOrder = {
  readonly purpose: BuildPurpose;
  /** Whether it is compared with the live one. */
  readonly compares: boolean;
};
