import { distance } from 'fastest-levenshtein';

/** A variable that is wrong or missing. */
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
    super(['The settings are invalid:', ...problems.map(toLine)].join('\n'));
    this.problems = problems;
  }
}

const toLine = ({ variable, message }: SettingProblem): string => `  ${variable} ${message}`;

/** Maximum wrong, missing or additional letters; one in a short name, because other names are as close. */
const WRONG_LETTERS = 2;
const WRONG_LETTERS_IN_SHORT = 1;
const SHORT = 8;

/**
 * Finds variables with names close to a setting. Without this, a typo such as `EVENTSTORE_ULR` would start an embedded
 * Postgres instead of the intended log. Other variables are ignored: container platforms set many.
 * @param known names of the settings
 * @param given names of the variables that have a value
 */
export const misspelt = (known: readonly string[], given: readonly string[]): SettingProblem[] =>
  given.flatMap((variable) => {
    if (known.includes(variable)) return [];
    const meant = known.find((name) => distance(name, variable) <= wrongLetters(name));
    return meant === undefined
      ? []
      : [
          {
            variable,
            message: `is an unknown setting: did you mean ${meant}? Rename it, or unset it if it is not for Carillon`,
          },
        ];
  });

const wrongLetters = (name: string): number => (name.length < SHORT ? WRONG_LETTERS_IN_SHORT : WRONG_LETTERS);
