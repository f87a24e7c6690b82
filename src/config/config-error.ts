/** One variable that is wrong or missing. */
export type SettingProblem = {
  readonly variable: string;
  /** What is wrong and what to do; never the value, which may be a secret. */
  readonly message: string;
};

/** Settings are wrong or missing. The message names each variable and what to do about it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'BAD_CONFIG';
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    super(['The settings can not be used:', ...problems.map(toLine)].join('\n'));
    this.problems = problems;
  }
}

const toLine = ({ variable, message }: SettingProblem): string => `  ${variable} ${message}`;
