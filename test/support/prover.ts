import { originOf, signAnchor } from '../../src/proofs/anchor.ts';
import { noteSigner, noteVerifier, verifierOf, verifierText } from '../../src/proofs/note.ts';
import type { GivenAnchor, Prover } from '../../src/proofs/prover.ts';
import { EMPTY_ROOT, leafHash } from '../../src/proofs/tree.ts';

export const testSigner = noteSigner('carillon', Buffer.alloc(32, 5));
const LOG_ID = '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11';

const anchorOf = (tenant: string, size: number): GivenAnchor => {
  const head = { origin: originOf({ logId: LOG_ID, tenant }), size, root: leafHash(`${size}`) };
  const key = verifierText(noteVerifier(head.origin, verifierOf(testSigner).bytes));
  return { ...head, checkpoint: signAnchor(head, testSigner), keys: [key] };
};

/** Responds immediately, from a tree of 12 leaves. */
export const fakeProver: Prover = {
  anchor: async (tenant) => anchorOf(tenant, 12),
  inclusion: async (_tenant, { stream, revision }) =>
    stream === 'job-7' || stream === 'runs-7'
      ? { index: revision, size: 12, content: `{"id":"x","stream":"${stream}"}`, file: 'c2sp.org/tlog-proof@v1\n' }
      : undefined,
  consistency: async (tenant, { older, newer = 12 }) => ({
    older: { size: older, root: EMPTY_ROOT },
    newer: anchorOf(tenant, newer),
    proof: [leafHash('a')],
  }),
  export: async ({ tenant, from, to, format, exportedBy }) =>
    (async function* () {
      yield Buffer.from(`${[tenant, from, to, format, exportedBy].join(' ')}\n`);
    })(),
};
