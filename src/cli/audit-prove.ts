import { readFile, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { defined } from '../domain/defined.ts';
import type { CheckpointSchema, ConsistencySchema, InclusionSchema } from '../http/resources/audit.ts';
import { type AuditAnchor, isInclusionFile, openAnchor, readInclusionFile, tenantOfOrigin } from '../proofs/anchor.ts';
import { fromBase64, NoteRejected, type NoteVerifier } from '../proofs/note.ts';
import { isConsistent } from '../proofs/verify.ts';
import { manifestIn, trustedKeys } from './audit-check.ts';
import type { CommandInput, CommandOptions, CommandTools } from './command.ts';
import { CheckFailed } from './fail.ts';
import type { Server } from './server.ts';

/** `carillon audit prove`: writes a proof that the log contains an execution or a version of a job. */
export const prove = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const { execution, provenJob: job, jobVersion, outFile: out } = options;
  const query = { executionId: execution, jobId: job, version: jobVersion };
  const { data } = await tools.ask<z.output<typeof InclusionSchema>>({ path: '/audit/inclusion', query });
  if (out === undefined) print(data.file, data, { options, tools });
  else await writeFile(out, data.file);
};

/** `carillon audit anchor`: prints a current checkpoint, to keep elsewhere. */
export const anchor = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const data = await checkpointOf(tools.server, options.tenant);
  print(data.checkpoint, data, { options, tools });
};

/** `carillon audit key`: prints the public keys, one per line, the current one first. */
export const printKeys = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const { keys } = await checkpointOf(tools.server, options.tenant);
  print(`${keys.join('\n')}\n`, keys, { options, tools });
};

type Printing = { readonly options: CommandOptions; readonly tools: CommandTools };
const print = (text: string, data: unknown, { options, tools }: Printing): void => {
  if (options.json) tools.say('', data);
  else tools.terminal.stdout.write(text);
};

/**
 * `carillon audit compare`: proves that a newer checkpoint extends an older checkpoint, export or proof. Without a newer
 * one, uses the server's current log.
 */
export const compare = async (
  { args: { older = '', newer }, options }: CommandInput,
  { server, say }: CommandTools,
): Promise<void> => {
  const verifiers = await trustedKeys(defined({ key: options.key }));
  try {
    const before = await anchorIn(older, verifiers);
    const tenant = options.tenant ?? tenantOfOrigin(before.origin);
    const now = openAnchor((await checkpointOf(server, tenant)).checkpoint, verifiers);
    const after = newer === undefined ? now : await anchorIn(newer, verifiers);
    const [first, last] = before.size <= after.size ? [before, after] : [after, before];
    if (last.size > now.size) {
      throw new NoteRejected(
        `The log had ${last.size} events and now has ${now.size}: it was truncated or restored to an earlier state.`,
      );
    }
    if (tenantOfOrigin(first.origin) !== tenantOfOrigin(last.origin)) {
      throw new NoteRejected(`The checkpoints belong to different tenants: ${first.origin} and ${last.origin}.`);
    }
    const query = { older: first.size, newer: last.size, tenant };
    const { data } = await server.ask<z.output<typeof ConsistencySchema>>({ path: '/audit/consistency', query });
    if (!isConsistent(first, last, data.proof.map(hashOf))) {
      throw new NoteRejected(`The first ${first.size} events differ: the log was rewritten.`);
    }
    say(`Consistent: the first ${first.size} of the ${last.size} events of ${last.origin} are unchanged`, data);
  } catch (error) {
    if (!(error instanceof NoteRejected)) throw error;
    throw new CheckFailed(error.message);
  }
};

const checkpointOf = async (server: Server, tenant: string | undefined): Promise<z.output<typeof CheckpointSchema>> =>
  (await server.ask<z.output<typeof CheckpointSchema>>({ path: '/audit/checkpoint', query: { tenant } })).data;

/** The checkpoint in a file: of an export, of a proof, or a plain one. */
const anchorIn = async (file: string, verifiers: (name: string) => readonly NoteVerifier[]): Promise<AuditAnchor> => {
  const manifest = await manifestIn(file);
  if (manifest !== undefined) return openAnchor(manifest.checkpoint, verifiers);
  const text = await readFile(file, 'utf8');
  return openAnchor(isInclusionFile(text) ? readInclusionFile(text).anchor : text, verifiers);
};

const hashOf = (text: string): Buffer => fromBase64(text) ?? Buffer.alloc(0);
