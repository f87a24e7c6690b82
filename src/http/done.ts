import type { Done } from '../commands/port.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { Answer } from './answer.ts';

const LONGEST_WAIT_MS = 2_000;

type Answering = {
  readonly queries: Pick<Queries, 'awaitPosition'>;
  readonly eventual: boolean;
  readonly answer: Answer;
};

/**
 * Answers a command once the read models tell of it, so that whoever reads next finds what was done; after 2 s it says
 * `Carillon-Consistency: pending` instead.
 */
export const answerDone = async <T>(
  { position, warnings = [] }: Done<T>,
  { queries, eventual, answer }: Answering,
): Promise<Answer> => {
  const waits = position !== undefined && !eventual;
  const pending = waits && !(await queries.awaitPosition(position, LONGEST_WAIT_MS));
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...(pending ? { 'Carillon-Consistency': 'pending' } : {}),
      ...(warnings.length === 0 ? {} : { 'Carillon-Warning': warnings.map(quoted).join(', ') }),
    },
  };
};

/** A header may hold visible ASCII alone; anything else is percent-encoded. */
const quoted = (text: string): string => {
  const escaped = text.toWellFormed().replace(/[^\x20-\x7e]/gu, (letter) => encodeURIComponent(letter));
  return `"${escaped.replace(/["\\]/g, '\\$&')}"`;
};
