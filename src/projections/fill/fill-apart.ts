import { openSession } from '../../db/session.ts';
import type { FeedContext } from '../context.ts';
import type { Generation } from '../registry.ts';
import { type FillOptions, fill } from './fill.ts';

type FillApartOptions = FeedContext & Pick<FillOptions, 'state' | 'signal' | 'onProgress'>;

/** Fills generations over a connection of their own: one that copies rows can send nothing else meanwhile. */
export const fillApart = async (
  options: FillApartOptions,
  generations: readonly Generation[],
): Promise<readonly Generation[]> => {
  const { databaseUrl, answerMs, state } = options;
  const name = `carillon projections fill ${state}`;
  const session = await openSession({ databaseUrl, name, answerMs: answerMs[state], copies: true });
  try {
    return await fill({ ...options, client: session.client, maxEvents: FILL_EVENTS }, generations);
  } finally {
    await session.close();
  }
};

/** Events that are read and decoded at once, which then are held until they are folded. */
const FILL_EVENTS = 500;
