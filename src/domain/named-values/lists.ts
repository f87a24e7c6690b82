import { DomainError } from '../domain-error.ts';
import type { Application } from '../events/index.ts';

type NamedItem = { readonly name: string };

/** Puts an item into a list sorted by name, in place of an item of the same name. */
export const withNamed = <T extends NamedItem>(items: readonly T[] = [], item: T): T[] =>
  [...withoutNamed(items, item.name), item].sort((a, b) => (a.name < b.name ? -1 : 1));

export const withoutNamed = <T extends NamedItem>(items: readonly T[] = [], name: string): T[] =>
  items.filter((item) => item.name !== name);

export const findNamed = <T extends NamedItem>(items: readonly T[] = [], name: string): T | undefined =>
  items.find((item) => item.name === name);

const MAX_NAMES = 100;
/** The current key, which receivers know, and the next one. */
const MAX_SIGNING_KEYS = 2;
/** Limit for all of them together, with sealed secrets, because each event of the application carries all of them. */
const MAX_BYTES = 384 * 1_024;

/** @throws DomainError APPLICATION_FULL */
export const checkRoom = ({ variables = [], secrets = [], limits = [], tls = [] }: Application): void => {
  if ([variables, secrets, limits, tls].some(({ length }) => length > MAX_NAMES)) {
    throw new DomainError(
      'APPLICATION_FULL',
      `an application has at most ${MAX_NAMES} variables, secrets, limits and TLS settings each`,
    );
  }
  if (secrets.filter(({ signing }) => signing).length > MAX_SIGNING_KEYS) {
    const why = `an application has at most ${MAX_SIGNING_KEYS} signing keys: delete one that receivers no longer need`;
    throw new DomainError('APPLICATION_FULL', why);
  }
  if (Buffer.byteLength(JSON.stringify([variables, secrets, limits, tls])) > MAX_BYTES) {
    throw new DomainError(
      'APPLICATION_FULL',
      `an application's variables, secrets, limits and TLS settings take at most ${MAX_BYTES / 1_024} KiB`,
    );
  }
};
