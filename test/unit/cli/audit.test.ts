import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ExplainReport } from '../../../packages/client/src/schema.ts';
import { checkFile, renderExplanation, trustedKeys } from '../../../src/cli/audit.ts';
import { signAnchor, writeInclusionFile } from '../../../src/proofs/anchor.ts';
import { NoteRejected, noteSigner, verifierOf } from '../../../src/proofs/note.ts';
import { leafHash, nodeHash } from '../../../src/proofs/tree.ts';
import { runAgainst } from '../../support/canned-carillon.ts';

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

const explanation: ExplainReport = {
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  explained: true,
  jobs: 1,
  slots: { fired: 1_440, late: {}, skipped: {}, missed: {}, due: 0 },
  faults: { unexplained: 0, duplicated: 0, notDue: 0 },
  faultySlots: [],
  unreadable: [],
};

describe('what carillon audit explain prints', () => {
  it('is how many slots there are, by the outcome of them and why', () => {
    const slots = { ...explanation.slots, late: { ENGINE_DOWN: 2 }, skipped: { PAUSED: 30, OVERLAP: 1 }, due: 4 };
    expect(renderExplanation({ ...explanation, jobs: 12, slots })).to.equal(
      [
        '12 jobs, slots after 2026-03-01T00:00:00.000Z up to 2026-03-02T00:00:00.000Z:',
        '  fired           1440',
        '  late               2  ENGINE_DOWN',
        '  skipped           30  PAUSED',
        '  skipped            1  OVERLAP',
        '  due                4  outcome not recorded yet',
        'Every slot is explained exactly once',
        '',
      ].join('\n'),
    );
  });

  it('names the slots that are not explained, and the jobs that were not checked', () => {
    const first = '2026-03-01T10:00:00.000Z';
    const last = '2026-03-01T12:00:00.000Z';
    const text = renderExplanation({
      ...explanation,
      explained: false,
      faults: { unexplained: 3, duplicated: 1, notDue: 0 },
      faultySlots: [
        { jobId: 7, kind: 'unexplained', first, last, count: 3 },
        { jobId: 8, kind: 'duplicated', first, last: first, count: 1 },
      ],
      unreadable: [{ jobId: 9, reason: 'stream runs-9 is parked' }],
    });
    expect(text.split('\n').slice(2)).to.deep.equal([
      'job 7, 2026-03-01T10:00:00.000Z to 2026-03-01T12:00:00.000Z (3 slots): no outcome recorded',
      'job 8, 2026-03-01T10:00:00.000Z: outcome recorded twice',
      "job 9 can't be checked: stream runs-9 is parked",
      'unexplained: 3 slots, duplicated: 1 slot, not checked: 1 job',
      '',
    ]);
  });

  it('is the report itself with --json, for a span that can be relative', async () => {
    const words = ['audit', 'explain', '--since', '24h', '--json'];
    const { code, out } = await runAgainst({ '/audit/explain': [{ body: explanation }] }, ...words);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal(explanation);
  });
});
