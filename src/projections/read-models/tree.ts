import { setImmediate } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { z } from 'zod';
import { LOG_START, type TextEvent } from '../../event-store/port.ts';
import { lastPositionBefore, readKeptLeaves } from '../../proofs/kept-leaves.ts';
import { LEAF_STREAMS, leafOf } from '../../proofs/leaf.ts';
import { growTiles, type NewLeaf, splitHashes } from '../../proofs/tiles.ts';
import { EMPTY_FRONTIER, type Frontier, leafHash } from '../../proofs/tree.ts';
import { slicesOf } from '../../runtime/slices.ts';
import { defineTextProjection } from '../projection.ts';
import { storable } from '../queries/row.ts';
import { bigint, bytes, type RecordChange, record, sortedText, text } from '../record.ts';
import { upsertRows } from '../write-records.ts';

/** The leaves that a batch adds to the trees of tenants, in the order of the log. */
export type TreeChanges = ReadonlyMap<string, readonly NewLeaf[]>;

/**
 * Hashes the events of each tenant as they are stored. Adds to `changes`, if given.
 */
export const foldTree = (
  events: readonly TextEvent[],
  changes: Map<string, NewLeaf[]> = new Map(),
): Map<string, NewLeaf[]> | undefined => {
  for (const event of events) {
    const leaf = isLeaf(event) ? leafOf(event) : undefined;
    if (leaf === undefined) continue;
    const { content, position, recordedAt } = leaf;
    const tenant = storable(leaf.tenant);
    const ofTenant = changes.get(tenant);
    const added = { hash: leafHash(content), position, recordedAt };
    if (ofTenant === undefined) changes.set(tenant, [added]);
    else ofTenant.push(added);
  }
  return changes.size === 0 ? undefined : changes;
};

/** A subscription that is shared has events of other streams too. */
const isLeaf = ({ stream }: TextEvent): boolean => LEAF_STREAMS.some((prefix) => stream.startsWith(prefix));

const treeRecord = record(
  'tree',
  {
    tenant: text(),
    size: bigint(),
    /** The roots of its complete subtrees, largest first. */
    frontier: bytes(),
    lastPosition: sortedText(),
  },
  { key: ['tenant'] },
);
/** Of 256 hashes each: of leaves at level 0, and of full tiles of the level below at any other. */
const tileRecord = record(
  'tile',
  { tenant: text(), level: bigint(), tile: bigint(), hashes: bytes() },
  { key: ['tenant', 'level', 'tile'] },
);
/** Where the events of a tile of leaves are in the log, and when they were recorded; 8 bytes each. */
const placesRecord = record(
  'places',
  {
    tenant: text(),
    tile: bigint(),
    firstPosition: sortedText(),
    firstAt: bigint(),
    positions: bytes(),
    times: bytes(),
  },
  { key: ['tenant', 'tile'] },
);

const writeLeaves = async (client: ClientBase, schema: string, changes: TreeChanges): Promise<void> => {
  const known = await readTrees(client, schema, [...changes.keys()]);
  const fresh = new Map<string, readonly NewLeaf[]>();
  for (const [tenant, added] of changes) {
    const before = known.get(tenant);
    fresh.set(
      tenant,
      added.filter(({ position }) => before === undefined || position > before.lastPosition),
    );
  }
  await addLeaves(client, schema, { known, fresh });
};

/** The tree over the events of each tenant, for exports and proofs. Only whole batches are added. */
export const tree = defineTextProjection<Map<string, NewLeaf[]>>({
  name: 'tree',
  shape: '2',
  streamPrefixes: LEAF_STREAMS,
  views: ['trees', 'tiles', 'leaf_places'],
  tables: (schema) => `
    CREATE TABLE ${schema}.trees (${treeRecord.ddl}) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.tiles (${tileRecord.ddl});
    CREATE TABLE ${schema}.leaf_places (${placesRecord.ddl});
    -- Hashes and positions do not compress.
    ALTER TABLE ${schema}.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
    ALTER TABLE ${schema}.leaf_places ALTER COLUMN positions SET STORAGE EXTERNAL`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS leaf_places_by_position ON ${schema}.leaf_places (tenant, first_position);
    CREATE INDEX IF NOT EXISTS leaf_places_by_time ON ${schema}.leaf_places (tenant, first_at, tile)`,
  fold: foldTree,
  write: writeLeaves,
  fill: {
    // Each write reads its tenants' trees and adds to their last tiles.
    holdsRows: { live: 10_000, building: 20_000 },
    rowsOf: (changes) => changes.values().reduce((sum, leaves) => sum + leaves.length, 0),
    copy: ({ client, schema }, changes) => writeLeaves(client, schema, changes),
  },
  begin: async (client, schema, log) => {
    let copiedBefore: number | undefined;
    // Another process may have been interrupted here.
    await client.query(`TRUNCATE ${schema}.trees, ${schema}.tiles, ${schema}.leaf_places`);
    for await (const { trees, isCopied, before } of readKeptLeaves(log)) {
      const kept = [...trees].map(
        ([tenant, leaves]) => [storable(tenant), isCopied ? withoutPlaces(leaves) : leaves] as const,
      );
      const fresh = new Map(kept);
      await addLeaves(client, schema, { known: await readTrees(client, schema, [...fresh.keys()]), fresh });
      if (isCopied) copiedBefore = before;
    }
    if (copiedBefore === undefined) return;
    // In a copied log, the positions of these leaves are unknown: they are before this one.
    await client.query(`UPDATE ${schema}.trees SET last_position = greatest(last_position, $1)`, [
      await lastPositionBefore(log, copiedBefore),
    ]);
  },
});

const withoutPlaces = (leaves: readonly NewLeaf[]): NewLeaf[] =>
  leaves.map((leaf) => ({ ...leaf, position: LOG_START }));

type Addition = {
  readonly known: Awaited<ReturnType<typeof readTrees>>;
  /** Leaves that the trees do not have. */
  readonly fresh: TreeChanges;
};

/** Number of leaves to add before yielding to other work. */
const LEAVES_A_TURN = 256;

const addLeaves = async (client: ClientBase, schema: string, { known, fresh }: Addition): Promise<void> => {
  const trees: RecordChange<typeof treeRecord>[] = [];
  const tiles: RecordChange<typeof tileRecord>[] = [];
  const places: RecordChange<typeof placesRecord>[] = [];
  let sinceTurn = 0;
  for (const [tenant, leaves] of fresh) {
    const last = leaves.at(-1);
    if (last === undefined) continue;
    const growing = growTiles(known.get(tenant)?.frontier ?? EMPTY_FRONTIER);
    for (const slice of slicesOf(leaves, LEAVES_A_TURN)) {
      growing.add(slice);
      sinceTurn += slice.length;
      if (sinceTurn < LEAVES_A_TURN) continue;
      await setImmediate();
      sinceTurn = 0;
    }
    const growth = growing.growth();
    const { size, hashes } = growth.frontier;
    trees.push({ tenant, size, frontier: Buffer.concat(hashes), lastPosition: last.position });
    for (const part of growth.tiles) tiles.push({ ...part, tenant });
    for (const { tile, first, positions, times } of growth.places)
      places.push({ tenant, tile, firstPosition: first.position, firstAt: first.recordedAt, positions, times });
  }
  const appending = (...columns: string[]): string =>
    `UPDATE SET ${columns.map((column) => `${column} = kept.${column} || excluded.${column}`).join(', ')}`;
  await Promise.all([
    upsertRows(client, `${schema}.trees`, { ...treeRecord, rows: trees }, `UPDATE SET ${treeRecord.setSql}`),
    upsertRows(client, `${schema}.tiles`, { ...tileRecord, rows: tiles }, appending('hashes')),
    upsertRows(client, `${schema}.leaf_places`, { ...placesRecord, rows: places }, appending('positions', 'times')),
  ]);
};

const KnownTree = z.object({
  tenant: z.string(),
  size: z.coerce.number(),
  frontier: z.instanceof(Buffer),
  last_position: z.string(),
});

type KnownLeaves = { readonly frontier: Frontier; readonly lastPosition: string };

const readTrees = async (
  client: ClientBase,
  schema: string,
  tenants: readonly string[],
): Promise<ReadonlyMap<string, KnownLeaves>> => {
  const { rows } = await client.query({
    name: `${schema}_known`,
    text: `SELECT tenant, size, frontier, last_position FROM ${schema}.trees WHERE tenant = ANY ($1::text[])`,
    values: [tenants],
  });
  return new Map(
    z
      .array(KnownTree)
      .parse(rows)
      .map(({ tenant, size, frontier, last_position }) => [
        tenant,
        { frontier: { size, hashes: splitHashes(frontier) }, lastPosition: last_position },
      ]),
  );
};
