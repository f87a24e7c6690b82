import { createHmac } from 'node:crypto';
import type { CommandContext } from '../commands/port.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Answer } from './answer.ts';

/** A command that carries an `Idempotency-Key`. */
export type KeyedCommand = {
  readonly context: CommandContext;
  readonly key: string;
  /** Of method, path, query and body. */
  readonly bodyHash: string;
};

/** Runs a command the first time its key comes, and afterwards gives the answer that it gave then. */
export type RunOnce = (command: KeyedCommand, run: (context: CommandContext) => Promise<Answer>) => Promise<Answer>;

const KEY = /^[\x21-\x7e]{1,255}$/;

/** @throws Refusal BAD_IDEMPOTENCY_KEY */
export const checkKey = (key: string): string => {
  if (KEY.test(key)) return key;
  throw new Refusal('BAD_IDEMPOTENCY_KEY', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
};

/**
 * Tells one request from another. Keyed by the caller's own key, of which the log has a hash alone: the body may hold
 * a secret, and a plain hash of it could be guessed at.
 */
export const requestHash = (key: string, asked: { method: string; url: string; body: Buffer }): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([asked.method, asked.url]))
    .update(asked.body)
    .digest('hex');
