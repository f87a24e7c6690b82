import { LogMismatch, UnreadableEvent } from '../event-store/errors.ts';

/**
 * The generation was replaced or another process moved its checkpoint. The runner has to look up the generations again.
 */
export class GenerationMoved extends Error {
  override readonly name = 'GenerationMoved';
  readonly code = 'GENERATION_MOVED';
  constructor(generations: readonly string[]) {
    super(`another process moved the checkpoint or state of ${generations.join(', ')}`);
  }
}

/** SQLSTATE classes of faulty statements or data: repeating the statement would fail again. */
const PERMANENT_CLASSES = new Set(['0A', '21', '22', '23', '42', '44', 'P0']);
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Returns whether retrying can't help: an event can't be read or written, or the log was replaced. */
export const isPermanent = (error: unknown): boolean => {
  if (error instanceof UnreadableEvent || error instanceof LogMismatch) return true;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return SQLSTATE.test(error.code) && PERMANENT_CLASSES.has(error.code.slice(0, 2));
};

export const failureMessage = (error: unknown): string =>
  error instanceof Error && error.message !== '' ? error.message : String(error);
