import { DomainError, rejectField } from '../domain/domain-error.ts';
import type { EventStore } from '../event-store/port.ts';
import { type AuditAnchor, originOf, signAnchor, writeInclusionFile } from './anchor.ts';
import { type ExportRequest, exportLog } from './export-log.ts';
import { leavesKeptBefore } from './kept-leaves.ts';
import { leafOf } from './leaf.ts';
import { type NoteSigner, noteVerifier, verifierOf, verifierText } from './note.ts';
import { proveConsistency, proveInclusion, rootAt, type TreeStore } from './tiles.ts';

/** A signed anchor, and the keys that verify it and earlier ones. */
export type GivenAnchor = AuditAnchor & { readonly checkpoint: string; readonly keys: readonly string[] };

export type GivenInclusion = {
  readonly index: number;
  readonly size: number;
  readonly content: string;
  /** The proof as a file. */
  readonly file: string;
};

export type GivenConsistency = {
  readonly older: { readonly size: number; readonly root: Buffer };
  readonly newer: GivenAnchor;
  readonly proof: readonly Buffer[];
};

export type EventPlace = { readonly stream: string; readonly revision: number };

/** Proves the contents of a tenant's log to outsiders. All methods throw DomainError NO_AUDIT_KEY and READ_MODELS_BEHIND. */
export type Prover = {
  /** The tree of all current events of the log. */
  anchor(tenant: string): Promise<GivenAnchor>;
  /** `undefined` if the tenant has no such event. */
  inclusion(tenant: string, place: EventPlace): Promise<GivenInclusion | undefined>;
  /**
   * Between two sizes of the tree; `newer` defaults to the current size.
   * @throws DomainError BAD_INPUT if the tree is smaller
   */
  consistency(tenant: string, sizes: { readonly older: number; readonly newer?: number }): Promise<GivenConsistency>;
  /** Resolves when the export can begin. */
  export(request: ExportRequest): Promise<AsyncGenerator<Buffer, void, undefined>>;
};

export const createProver = (deps: {
  /** `undefined` if nothing can be signed. */
  readonly signer: NoteSigner | undefined;
  /** The public keys of earlier signers, 32 bytes each. */
  readonly earlierKeys: readonly Buffer[];
  readonly logId: string;
  readonly treeOf: (tenant: string) => TreeStore;
  /** Waits a limited time for the trees to contain the whole log. Resolves to whether they do. */
  readonly caughtUp: () => Promise<boolean>;
  readonly log: EventStore;
  /** A tenant's jobs with expired executions. */
  readonly expiredJobs: (tenant: string) => AsyncIterable<number>;
  readonly now: () => number;
}): Prover => {
  const { earlierKeys, logId, treeOf, log, now } = deps;

  const ready = async (): Promise<NoteSigner> => {
    if (deps.signer === undefined) {
      throw new DomainError(
        'NO_AUDIT_KEY',
        'there is no signing key: set AUDIT_KEY to the output of: openssl rand -base64 32',
      );
    }
    if (!(await deps.caughtUp()))
      throw new DomainError('READ_MODELS_BEHIND', 'the hash tree has not caught up with the log');
    return deps.signer;
  };
  const given = (head: AuditAnchor, signer: NoteSigner): GivenAnchor => ({
    ...head,
    checkpoint: signAnchor(head, signer),
    keys: [verifierOf(signer).bytes, ...earlierKeys].map((bytes) => verifierText(noteVerifier(head.origin, bytes))),
  });

  return {
    anchor: async (tenant) => {
      const signer = await ready();
      return given({ ...(await treeOf(tenant).head()), origin: originOf({ logId, tenant }) }, signer);
    },
    inclusion: async (tenant, { stream, revision }) => {
      const signer = await ready();
      const tree = treeOf(tenant);
      for await (const event of log.readStream(stream, { from: revision, limit: 1, as: 'texts' })) {
        const leaf = leafOf(event);
        const index =
          leaf?.tenant === tenant && event.revision === revision ? await tree.indexAt(event.position) : undefined;
        if (leaf === undefined || index === undefined) return undefined;
        const head = { ...(await tree.head()), origin: originOf({ logId, tenant }) };
        const path = await proveInclusion(tree, index, head.size);
        const { content } = leaf;
        const file = writeInclusionFile({ content, index, path, anchor: signAnchor(head, signer) });
        return { index, size: head.size, content, file };
      }
      return undefined;
    },
    consistency: async (tenant, { older, newer }) => {
      const signer = await ready();
      const tree = treeOf(tenant);
      const { size } = await tree.head();
      const to = newer ?? size;
      if (to > size) throw rejectField('BAD_INPUT', '/newer', `the tree has ${size} leaves`);
      if (older > to) throw rejectField('BAD_INPUT', '/older', `must not be above ${to}`);
      const head = { size: to, root: await rootAt(tree, to), origin: originOf({ logId, tenant }) };
      return {
        older: { size: older, root: await rootAt(tree, older) },
        newer: given(head, signer),
        proof: await proveConsistency(tree, older, to),
      };
    },
    export: async (request) => {
      const signer = await ready();
      const keptBefore = await leavesKeptBefore(log);
      const expiredJobs = () => deps.expiredJobs(request.tenant);
      return exportLog({ ...request, logId, signer, tree: treeOf(request.tenant), log, expiredJobs, keptBefore, now });
    },
  };
};
