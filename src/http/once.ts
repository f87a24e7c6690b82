import { createHmac } from 'node:crypto';
import type { CommandContext } from '../commands/command.ts';
import { Refusal } from '../domain/refusal.ts';
import type { ServedAnswer } from './answer.ts';

/** A command that carries an `Idempotency-Key`. */
export type KeyedCommand = {
  readonly context: CommandContext;
  readonly key: string;
  /** Of method, path, query and body. */
  readonly bodyHash: string;
};

/** Runs a command when its key comes for the first time, and returns that same answer each further time. */
export type RunOnce = (
  command: KeyedCommand,
  run: (context: CommandContext) => Promise<ServedAnswer>,
) => Promise<ServedAnswer>;

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the form of an `Idempotency-Key` and returns it.
 * @throws Refusal BAD_IDEMPOTENCY_KEY
 */
export const checkKey = (key: string): string => {
  if (KEY.test(key)) return key;
  throw new Refusal('BAD_IDEMPOTENCY_KEY', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
};

/**
 * Hash of a request, by which a repeated key is checked to come with the same request. It is an HMAC with the caller's
 * key, which the log does not hold in clear: the body may hold a secret, and a plain hash would let it be guessed.
 */
export const requestHash = (key: string, request: { method: string; url: string; body: Buffer }): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([request.method, request.url]))
    .update(request.body)
    .digest('hex');
