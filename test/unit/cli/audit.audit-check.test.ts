import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkFile, trustedKeys } from '../../../src/cli/audit.ts';
import { signAnchor, writeInclusionFile } from '../../../src/proofs/anchor.ts';
import { NoteRejected, noteSigner, verifierOf } from '../../../src/proofs/note.ts';
import { leafHash, nodeHash } from '../../../src/proofs/tree.ts';

const ours = noteSigner('carillon', randomBytes(32));
const others = noteSigner('carillon', randomBytes(32));
const origin = 'carillon/log/acme';
const content = '{"type":"JobCreated"}';
const sibling = leafHash('{"type":"JobUpdated"}');
const head = { origin, size: 2, root: nodeHash(leafHash(content), sibling) };

describe('a file that is checked', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'audit-check-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** What the check says of a file with this text, if only our key is trusted. */
  const checked = async (text: string): Promise<unknown> => {
    const file = path.join(folder, 'proof');
    await writeFile(file, text);
    const verifiers = await trustedKeys([verifierOf(ours).bytes.toString('base64')]);
    return checkFile(file, verifiers).catch((error: unknown) => error);
  };
  const inclusion = (signer: typeof ours, more: object = {}) =>
    writeInclusionFile({ content, index: 0, path: [sibling], anchor: signAnchor(head, signer), ...more });

  it('proves an event, or shows a checkpoint, that a trusted key has signed', async () => {
    expect(await checked(inclusion(ours))).to.equal(`${content}\nis leaf 0 of the 2 in ${origin}`);
    expect(await checked(signAnchor(head, ours))).to.contain(`Checkpoint of ${origin}: 2 leaves`);
  });

  it('proves nothing if another key has signed its checkpoint', async () => {
    for (const text of [inclusion(others), signAnchor(head, others)]) {
      expect(await checked(text))
        .to.be.instanceOf(NoteRejected)
        .with.property('message')
        .that.contains('carillon');
    }
  });

  it('proves nothing if its event is another one', async () => {
    const changed = inclusion(ours, { content: '{"type":"JobDeleted"}' });
    expect(await checked(changed))
      .to.be.instanceOf(NoteRejected)
      .with.property('message')
      .that.contains('does not include its event');
  });
});
