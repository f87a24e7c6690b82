import { readFile, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { CheckpointSchema, ConsistencySchema, InclusionSchema } from '../http/resources/audit.ts';
import { type AuditAnchor, isInclusionFile, openAnchor, readInclusionFile, tenantOfOrigin } from '../proofs/anchor.ts';
import { fromBase64, NoteRejected, type NoteVerifier } from '../proofs/note.ts';
import { isConsistent } from '../proofs/verify.ts';
import type { ServerOptions } from './access.ts';
import { type KeyOptions, manifestIn, trustedKeys } from './audit-check.ts';
import { CheckFailed, runOrExit } from './fail.ts';
import { connect, type Server } from './server.ts';

type TenantOptions = ServerOptions & { readonly tenant?: string };
type ProveOptions = TenantOptions & {
  readonly execution?: string;
  readonly job?: string;
  readonly jobVersion?: string;
  readonly out?: string;
};

/** `carillon audit prove`: writes the proof that an execution or a version of a job is in the log. */
export const prove = ({ execution, job, jobVersion, tenant, out, ...options }: ProveOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const query = { executionId: execution, jobId: job, version: jobVersion, tenant };
    const { file } = (await server.ask<z.output<typeof InclusionSchema>>({ path: '/audit/inclusion', query })).data;
    if (out === undefined) process.stdout.write(file);
    else await writeFile(out, file);
  });

/** `carillon audit anchor`: prints a checkpoint of now, to be kept outside. */
export const anchor = ({ tenant, ...options }: TenantOptions): Promise<void> =>
  runOrExit(async () => {
    process.stdout.write((await checkpointOf(await connect(options), tenant)).checkpoint);
  });

/** `carillon audit key`: prints the public keys, that of now first, one a line. */
export const printKeys = ({ tenant, ...options }: TenantOptions): Promise<void> =>
  runOrExit(async () => {
    const { keys } = await checkpointOf(await connect(options), tenant);
    process.stdout.write(`${keys.join('\n')}\n`);
  });

/**
 * `carillon audit compare`: proves that what an older checkpoint, export or proof stood for is how the newer one begins.
 * Without a newer one it is the log of the server as it is now.
 */
export const compare = (
  older: string,
  newer: string | undefined,
  { key, tenant: asked, ...options }: TenantOptions & KeyOptions,
): Promise<void> =>
  runOrExit(async () => {
    const verifiers = await trustedKeys(key === undefined ? {} : { key });
    const server = await connect(options);
    try {
      const before = await anchorIn(older, verifiers);
      const tenant = asked ?? tenantOfOrigin(before.origin);
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
      const request = { path: '/audit/consistency', query };
      const { proof } = (await server.ask<z.output<typeof ConsistencySchema>>(request)).data;
      if (!isConsistent(first, last, proof.map(hashOf))) {
        throw new NoteRejected(`The first ${first.size} events differ: the log was rewritten.`);
      }
      process.stdout.write(
        `Consistent: the first ${first.size} of the ${last.size} events of ${last.origin} are unchanged\n`,
      );
    } catch (error) {
      if (!(error instanceof NoteRejected)) throw error;
      throw new CheckFailed(error.message);
    }
  });

const checkpointOf = async (server: Server, tenant: string | undefined): Promise<z.output<typeof CheckpointSchema>> =>
  (await server.ask<z.output<typeof CheckpointSchema>>({ path: '/audit/checkpoint', query: { tenant } })).data;

/** The checkpoint in a file: of an export, of a proof, or by itself. */
const anchorIn = async (file: string, verifiers: (name: string) => readonly NoteVerifier[]): Promise<AuditAnchor> => {
  const manifest = await manifestIn(file);
  if (manifest !== undefined) return openAnchor(manifest.checkpoint, verifiers);
  const text = await readFile(file, 'utf8');
  return openAnchor(isInclusionFile(text) ? readInclusionFile(text).anchor : text, verifiers);
};

const hashOf = (text: string): Buffer => fromBase64(text) ?? Buffer.alloc(0);
