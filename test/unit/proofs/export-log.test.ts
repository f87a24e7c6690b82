import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { DomainEvent } from '../../../src/domain/events/index.ts';
import { NOTHING_EXPIRED } from '../../../src/domain/retention/expire-executions.ts';
import { type EventStore, LOG_START, type NewEvent } from '../../../src/event-store/port.ts';
import { checkExport, ExportRejected } from '../../../src/proofs/check-export.ts';
import { type ExportInput, exportLog, LogAltered } from '../../../src/proofs/export-log.ts';
import { noteSigner, noteVerifier, verifierOf } from '../../../src/proofs/note.ts';
import type { ExportFormat } from '../../../src/proofs/rows.ts';
import { rejection } from '../../contract/event-store-support.ts';
import { codec } from '../../support/codec.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { memoryTree, readLeaves } from '../../support/memory-tree.ts';

const LOG_ID = '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11';
const signer = noteSigner('carillon', Buffer.alloc(32, 1));
const thief = noteSigner('carillon', Buffer.alloc(32, 2));
const trusted = (name: string) => [noteVerifier(name, verifierOf(signer).bytes)];
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const at = (seconds: number): string => new Date(START_MS + seconds * 1_000).toISOString();

const tokenCreated = (tokenId: number, tenant: string): NewEvent => ({
  type: 'TokenCreated',
  data: { tokenId, tenant, name: 'n', permissions: [], secretHash: 'x', createdAt: at(0), createdBy: '=HYPER("x")' },
  id: randomUUID(),
  metadata: { actor: { type: 'user', name: '=1+1, "ann"' }, correlationId: `r${tokenId}`, reason: 'two\nlines, "so"' },
});
const tail = { jobRevision: 0, cursor: at(0), runs: 0, open: [] };
const ofJob = { tenant: 'a', applicationId: 1, jobId: 7, tail };
const ofRuns: readonly NewEvent[] = [
  { type: 'DefinitionActivated', data: { ...ofJob, jobRevision: 0, from: at(0) } },
  {
    type: 'ExecutionStarted',
    data: {
      ...ofJob,
      ...{ executionId: 3, trigger: 'schedule', scheduledAt: at(1), createdAt: at(1) },
      ...{ attempt: 1, engineId: 'e', jobRevision: 0, late: 'ENGINE_BUSY' },
    },
  },
  {
    type: 'OccurrencesMissed',
    data: {
      ...ofJob,
      jobRevision: 0,
      ...{ after: at(1), until: at(9), first: at(2), last: at(9), count: 8, reason: 'ENGINE_DOWN' },
    },
  },
].map((event): NewEvent => {
  const parsed = DomainEvent.parse(event);
  return { ...parsed, id: randomUUID(), metadata: { actor: { type: 'engine', name: 'e' }, correlationId: 'slot' } };
});

/** Says that the first two events of the job's stream of runs may be cut. */
const expiry: NewEvent = {
  type: 'ExecutionsExpired',
  data: {
    ...ofJob,
    before: at(21),
    keptFrom: 2,
    totals: NOTHING_EXPIRED,
    tail: { ...tail, expired: { before: at(21), revision: 3 } },
  },
  id: randomUUID(),
  metadata: { actor: { type: 'system', name: 'carillon' }, correlationId: 'expiry' },
};
const ofJobs = (...jobIds: readonly number[]) =>
  async function* () {
    yield* jobIds;
  };

/** A log with an event a second, of the tenants a and b in turn; executions of a have expired where that is wanted. */
const openLog = async (count: number, { expires = false } = {}) => {
  let nowMs = START_MS;
  const log = createMemoryLog({ now: () => nowMs });
  const store = createMemoryEventStore({ codec, now: () => nowMs, log });
  const append = async (stream: string, expectedRevision: number, event: NewEvent): Promise<void> => {
    await store.append({ stream, expectedRevision, events: [event] });
    nowMs += 1_000;
  };
  for (let id = 1; id <= count; id++) await append(`token-${id}`, -1, tokenCreated(id, id % 2 === 0 ? 'b' : 'a'));
  for (const [index, event] of ofRuns.entries()) await append('runs-7', index - 1, event);
  if (expires) await append('runs-7', 2, expiry);
  const leaves = await readLeaves(store, 'a');
  return { store, leaves, tree: memoryTree(leaves), append };
};

const exported = async (input: Partial<ExportInput> & Pick<ExportInput, 'tree' | 'log'>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  const all = exportLog({
    ...{ tenant: 'a', from: at(0), to: at(1_000), format: 'ndjson', exportedBy: 'eve', logId: LOG_ID, signer },
    ...{ now: () => START_MS, signal: new AbortController().signal, expiredJobs: ofJobs() },
    ...input,
  });
  for await (const chunk of all) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const manifestLineOf = (file: Buffer): string => file.toString().trimEnd().split('\n').at(-1) ?? '';
/** As the command line keeps CSV: its manifest is a file of its own. */
const rowsOf = (file: Buffer, format: ExportFormat): Buffer =>
  format === 'csv' ? file.subarray(0, file.length - Buffer.byteLength(manifestLineOf(file)) - 1) : file;

/** In pieces, so that lines and characters are cut anywhere. */
const piecesOf = (file: Buffer, length: number): Buffer[] =>
  Array.from({ length: Math.ceil(file.length / length) }, (_, index) =>
    file.subarray(index * length, (index + 1) * length),
  );

const check = (file: Buffer, { manifestLine = manifestLineOf(file), pieces = 1_000 } = {}) =>
  checkExport({ chunks: piecesOf(file, pieces), manifestLine, verifiers: trusted });

describe('export of the log', () => {
  let store: EventStore;
  let tree: ExportInput['tree'];
  let files: Readonly<Record<ExportFormat, Buffer>>;
  before(async () => {
    ({ store, tree } = await openLog(20));
    const input = { tree, log: store };
    files = { ndjson: await exported(input), csv: await exported({ ...input, format: 'csv' }) };
  });

  for (const format of ['ndjson', 'csv'] as const) {
    const whole = () => rowsOf(files[format], format);
    const manifestLine = () => manifestLineOf(files[format]);
    const checked = (file: Buffer, pieces = 1_000) => check(file, { manifestLine: manifestLine(), pieces });

    it(`is checked as ${format}, in whatever pieces it is read`, async () => {
      for (const pieces of [1, 7, 100_000]) {
        const { manifest, anchor } = await checked(whole(), pieces);
        expect(manifest.counts).to.deep.equal({ change: 10, execution: 1, slots: 2 });
        expect([manifest.rows, anchor.size, manifest.exportedBy]).to.deep.equal([13, 13, 'eve']);
        expect([manifest.first?.n, manifest.last?.n]).to.deep.equal([0, 12]);
      }
    });

    it(`is rejected as ${format} if any one byte is another`, async () => {
      const file = whole();
      await fc.assert(
        fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
          const changed = Buffer.from(file);
          changed[place] = (changed[place] ?? 0) ^ mask;
          // In NDJSON the manifest is read from the file, too.
          const line = format === 'csv' ? manifestLine() : manifestLineOf(changed);
          expect(await rejection(check(changed, { manifestLine: line }))).to.be.instanceOf(ExportRejected);
        }),
        { numRuns: 100 },
      );
    });

    it(`is rejected as ${format} if it was cut, or lines were moved, left out or came twice`, async () => {
      const file = whole();
      const lines = file.toString().trimEnd().split('\n');
      const joined = (of: readonly string[]) => Buffer.from(`${of.join('\n')}\n`);
      await fc.assert(
        fc.asyncProperty(fc.nat(file.length - 1), fc.nat(), fc.nat(), async (end, one, other) => {
          const [a, b] = [one % lines.length, other % lines.length];
          const wrong = [
            file.subarray(0, end),
            joined(lines.filter((_, index) => index !== a)),
            joined([...lines.slice(0, a), ...lines.slice(a, a + 1), ...lines.slice(a)]),
            ...(lines[a] === lines[b]
              ? []
              : [joined(lines.map((line, index) => (index === a ? lines[b] : index === b ? lines[a] : line) ?? ''))]),
          ];
          for (const each of wrong) expect(await rejection(checked(each))).to.be.instanceOf(ExportRejected);
        }),
        { numRuns: 100 },
      );
      expect(await rejection(checked(Buffer.concat([file, file])))).to.be.instanceOf(ExportRejected);
    });

    it(`is rejected as ${format} if it was put together of two`, async () => {
      const input = { tree, log: store, format };
      const [early, late] = [await exported({ ...input, to: at(10) }), await exported({ ...input, from: at(10) })];
      const both = Buffer.concat([rowsOf(early, format), rowsOf(late, format)]);
      for (const line of [manifestLineOf(early), manifestLineOf(late), manifestLine()]) {
        expect(await rejection(check(both, { manifestLine: line }))).to.be.instanceOf(ExportRejected);
      }
      await check(rowsOf(early, format), { manifestLine: manifestLineOf(early) });
      await check(rowsOf(late, format), { manifestLine: manifestLineOf(late) });
    });
  }

  it('shows each event in a row, and no formula in CSV', () => {
    const rows = files.ndjson
      .toString()
      .trimEnd()
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line));
    const { event: _, ...first } = rows[0];
    expect(first).to.deep.include({ n: 0, stream: 'token-1', kind: 'change', type: 'TokenCreated', at: at(0) });
    expect(first).to.deep.include({ actor: '=1+1, "ann"', reason: 'two\nlines, "so"', requestId: 'r1' });
    expect(
      rows.slice(-3).map(({ kind, outcome, outcomeReason, slots }) => [kind, outcome, outcomeReason, slots]),
    ).to.deep.equal([
      ['slots', undefined, undefined, undefined],
      ['execution', 'late', 'ENGINE_BUSY', 1],
      ['slots', 'missed', 'ENGINE_DOWN', 8],
    ]);
    expect(files.csv.toString().split('\n')[1]).to.contain(`,"'=1+1, ""ann""","two lines, ""so""",r1,`);
  });

  it('has the events that were recorded from one instant until before the other, or none', async () => {
    const input = { tree, log: store };
    const some = await check(await exported({ ...input, from: at(2), to: at(5) }));
    expect([some.manifest.rows, some.manifest.range.from]).to.deep.equal([2, 1]);
    const none = await check(await exported({ ...input, from: at(500) }));
    expect([none.manifest.rows, none.manifest.first]).to.deep.equal([0, undefined]);
    const nobody = { tenant: 'c', tree: memoryTree({ hashes: [], events: [] }), log: store };
    expect((await check(await exported(nobody))).anchor.size).to.equal(0);
  });

  it('is rejected if another signed it, or if the signer is unknown', async () => {
    const forged = await exported({ tree, log: store, signer: thief });
    expect(String(await rejection(check(forged)))).to.contain('none of the trusted keys');
  });

  it('is rejected if the server itself signs rows that its tree does not have', async () => {
    const other = await openLog(20);
    const lying = { ...tree, leavesFrom: other.tree.leavesFrom };
    const file = await exported({ tree: lying, log: other.store });
    expect(String(await rejection(check(file)))).to.contain('do not match the tree of its checkpoint');
  });

  it('breaks off without a manifest if the log was altered, or an event is gone', async () => {
    const other = await openLog(20);
    const changed = String(await rejection(exported({ tree, log: other.store })));
    expect(changed).to.contain('differs from the recorded one');
    const shorter = await openLog(0);
    const gone = await rejection(exported({ tree, log: shorter.store }));
    expect(gone).to.be.instanceOf(LogAltered);
  });

  for (const format of ['ndjson', 'csv'] as const) {
    it(`has as ${format} the hashes of events that have expired, and is as complete`, async () => {
      const cut = await openLog(20, { expires: true });
      await cut.store.truncateBefore('runs-7', 2);
      const input = { tree: cut.tree, log: cut.store, expiredJobs: ofJobs(7), format };
      const keptBefore = START_MS + 22_000;
      for (const from of [at(0), at(21)]) {
        const file = await exported({ ...input, from, keptBefore });
        const { manifest, anchor } = await check(rowsOf(file, format), { manifestLine: manifestLineOf(file) });
        const { size } = await cut.tree.head();
        expect(anchor.size).to.equal(size);
        expect(manifest.rows).to.equal(from === at(0) ? size : 3);
        expect(manifest.expired).to.deep.equal({ before: at(22), rows: from === at(0) ? 2 : 1 });
        const tampered = Buffer.from(
          rowsOf(file, format)
            .toString()
            .replace(/[0-9a-f](?="\}|\n)/, 'x'),
        );
        expect(await rejection(check(tampered, { manifestLine: manifestLineOf(file) }))).to.be.instanceOf(
          ExportRejected,
        );
      }
      const ended = await exported({ ...input, to: at(22), keptBefore });
      expect(
        (await check(rowsOf(ended, format), { manifestLine: manifestLineOf(ended) })).manifest.expired?.rows,
      ).to.equal(2);
      const missing = await rejection(exported({ ...input, keptBefore: START_MS + 20_000 }));
      expect(missing, 'of an event that has not expired').to.be.instanceOf(LogAltered);
    });
  }

  it('lets no event that was taken out of the log pass for one that has expired', async () => {
    const keptBefore = START_MS + 22_000;
    const never = await openLog(20);
    await never.store.deleteStream('token-1');
    const hidden = () => exported({ tree: never.tree, log: never.store, expiredJobs: ofJobs(7), keptBefore });
    expect(String(await rejection(hidden()))).to.contain(
      '1 events of tenant a are missing from the log, but only 0 have expired',
    );
    await never.append('runs-7', 2, expiry);
    expect(await rejection(hidden()), 'by an expiry that the tree does not have').to.be.instanceOf(LogAltered);

    const among = await openLog(20, { expires: true });
    const input = { tree: among.tree, log: among.store, expiredJobs: ofJobs(7), keptBefore };
    await exported(input);
    await among.store.truncateBefore('runs-7', 1);
    await exported(input);
    await among.store.deleteStream('token-1');
    expect(await rejection(exported({ ...input, to: at(2) })), 'in a span of its own').to.be.instanceOf(LogAltered);
    await among.store.truncateBefore('runs-7', 2);
    expect(await rejection(exported(input))).to.be.instanceOf(LogAltered);
  });

  it('finds the events of leaves that a copied log has kept, though their positions are those of another log', async () => {
    const copy = await openLog(20, { expires: true });
    await copy.store.truncateBefore('runs-7', 2);
    const { hashes, events } = copy.leaves;
    const places = events.map((event, index) => (index < 12 ? { ...event, position: LOG_START } : event));
    const input = { tree: memoryTree({ hashes, events: places }), log: copy.store, keptBefore: START_MS + 22_000 };
    const file = await exported({ ...input, expiredJobs: ofJobs(7) });
    const { manifest } = await check(file);
    expect([manifest.rows, manifest.expired?.rows]).to.deep.equal([14, 2]);
    await copy.store.deleteStream('token-1');
    expect(await rejection(exported({ ...input, expiredJobs: ofJobs(7) }))).to.be.instanceOf(LogAltered);
  });

  it('ends without a manifest once no one waits for it', async () => {
    const gone = AbortSignal.abort();
    const file = await exported({ tree, log: store, signal: gone });
    expect(file.toString()).to.not.contain('manifest');
  });
});
