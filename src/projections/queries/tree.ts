import type { Pool } from 'pg';
import { z } from 'zod';
import { EVERY_TENANT, type TenantChoice } from '../../domain/values.ts';
import { comparePositions, LOG_START, type Position, positionOf } from '../../event-store/port.ts';
import {
  hashIn,
  placesIn,
  positionIn,
  splitHashes,
  TILE_HASHES,
  TILE_HEIGHT,
  type TreeStore,
  timeIn,
} from '../../proofs/tiles.ts';
import { growTree, HASH_BYTES, rootOf, type Subtree } from '../../proofs/tree.ts';
import { viewSchema } from '../projection.ts';
import { tree } from '../read-models/tree.ts';

const from = viewSchema(tree);
/** Number of leaf tiles to read at once. */
const TILES_AT_ONCE = 16;

const HeadRow = z.object({ size: z.coerce.number(), frontier: z.instanceof(Buffer) });
const TileRow = z.object({ level: z.coerce.number(), tile: z.coerce.number(), hashes: z.instanceof(Buffer) });
const PositionsRow = z.object({ tile: z.coerce.number(), positions: z.instanceof(Buffer) });
const TimesRow = z.object({ tile: z.coerce.number(), times: z.instanceof(Buffer) });
const Bytes = z.instanceof(Buffer);
const LeavesRow = z.object({ positions: Bytes, times: Bytes, hashes: Bytes });
const PositionRow = z.object({ position: z.string().nullable() });

/** The tree of one tenant in the read model. */
export const treeStoreOf = (database: Pool, tenant: string): TreeStore => {
  const rowsOf = async <Row>(row: z.ZodType<Row>, text: string, values: readonly unknown[]): Promise<Row[]> => {
    const { rows } = await database.query(text, [tenant, ...values]);
    return z.array(row).parse(rows);
  };
  const readTiles = async (subtrees: readonly Subtree[]): Promise<ReadonlyMap<string, Buffer>> => {
    const wanted = [...new Map(subtrees.map((subtree) => [keyOf(placeOf(subtree)), placeOf(subtree)])).values()];
    if (wanted.length === 0) return new Map();
    const rows = await rowsOf(
      TileRow,
      `SELECT level, tile, hashes FROM ${from}.tiles
       JOIN unnest($2::integer[], $3::bigint[]) AS wanted (level, tile) USING (level, tile) WHERE tenant = $1`,
      [wanted.map(({ level }) => level), wanted.map(({ tile }) => tile)],
    );
    return new Map(rows.map(({ hashes, ...place }) => [keyOf(place), hashes]));
  };

  return {
    head: async () => {
      const [row] = await rowsOf(HeadRow, `SELECT size, frontier FROM ${from}.trees WHERE tenant = $1`, []);
      return { size: row?.size ?? 0, root: rootOf(row === undefined ? [] : splitHashes(row.frontier)) };
    },
    subtreeHashes: async (subtrees) => {
      const tiles = await readTiles(subtrees);
      return subtrees.map((subtree) => {
        const { first, count, ...place } = placeOf(subtree);
        const hashes = tiles.get(keyOf(place));
        if (hashes === undefined || hashes.length < (first + count) * HASH_BYTES) {
          throw new RangeError(
            `the tree of ${tenant} has no subtree of 2^${subtree.height} leaves at ${subtree.start}`,
          );
        }
        const whole = growTree();
        for (let index = first; index < first + count; index++) whole.addLeaf(hashIn(hashes, index));
        return whole.root();
      });
    },
    indexAt: async (position) => {
      const [row] = await rowsOf(
        PositionsRow,
        `SELECT tile, positions FROM ${from}.leaf_places WHERE tenant = $1 AND first_position <= $2
         ORDER BY first_position DESC LIMIT 1`,
        [position],
      );
      if (row === undefined) return undefined;
      const wanted = BigInt(position);
      const index = firstIn(placesIn(row.positions), (at) => positionIn(row.positions, at) >= wanted);
      const isThere = index < placesIn(row.positions) && positionIn(row.positions, index) === wanted;
      return isThere ? row.tile * TILE_HASHES + index : undefined;
    },
    countBefore: async (instantMs, size) => {
      const [row] = await rowsOf(
        TimesRow,
        `SELECT tile, times FROM ${from}.leaf_places WHERE tenant = $1 AND first_at < $2
         ORDER BY first_at DESC, tile DESC LIMIT 1`,
        [Math.ceil(instantMs)],
      );
      if (row === undefined) return 0;
      const index = firstIn(placesIn(row.times), (at) => timeIn(row.times, at) >= instantMs);
      return Math.min(size, row.tile * TILE_HASHES + index);
    },
    leavesFrom: async (index) => {
      const rows = await rowsOf(
        LeavesRow,
        `SELECT positions, times, hashes FROM ${from}.leaf_places JOIN ${from}.tiles USING (tenant, tile)
         WHERE tenant = $1 AND level = 0 AND tile >= $2 AND tile < $2::bigint + ${TILES_AT_ONCE} ORDER BY tile`,
        [Math.floor(index / TILE_HASHES)],
      );
      return rows
        .flatMap(({ positions, times, hashes }) =>
          splitHashes(hashes).map((hash, place) => ({
            hash,
            position: positionOf(positionIn(positions, place)),
            recordedAt: timeIn(times, place),
          })),
        )
        .slice(index % TILE_HASHES);
    },
  };
};

/** Returns whether the trees have all events up to this position. */
export const treeHas = async (database: Pool, position: Position): Promise<boolean> => {
  const { rows } = await database.query(
    `SELECT position FROM projection_generations WHERE projection = $1 AND shape = $2 AND state = 'live'`,
    [tree.name, tree.shape],
  );
  const reached = z.array(PositionRow).parse(rows)[0]?.position ?? undefined;
  return reached !== undefined && comparePositions(reached, position) >= 0;
};

/**
 * A log position before which everything was recorded before an instant, epoch ms; at most some hundred of the tenant's
 * events, or each tenant's, are between it and the instant. `undefined` if the trees contain none.
 */
export const placeBefore = async (
  database: Pool,
  tenant: TenantChoice,
  instantMs: number,
): Promise<Position | undefined> => {
  if (!(await treeHas(database, LOG_START))) return undefined;
  const { rows } = await database.query(
    `SELECT max(first_position) AS position FROM ${from}.trees
     CROSS JOIN LATERAL (
       SELECT first_position FROM ${from}.leaf_places WHERE tenant = trees.tenant AND first_at < $2
       ORDER BY first_at DESC, tile DESC LIMIT 1
     ) AS last
     WHERE tenant = $1 OR $1 IS NULL`,
    [tenant === EVERY_TENANT ? null : tenant, Math.floor(instantMs)],
  );
  return z.array(PositionRow).parse(rows)[0]?.position ?? undefined;
};

type TilePlace = { readonly level: number; readonly tile: number };

/** The tile of a subtree, and its hashes within the tile. */
const placeOf = ({ start, height }: Subtree): TilePlace & { readonly first: number; readonly count: number } => {
  const level = Math.floor(height / TILE_HEIGHT);
  const index = start / TILE_HASHES ** level;
  const tile = Math.floor(index / TILE_HASHES);
  return { level, tile, first: index - tile * TILE_HASHES, count: 2 ** (height - level * TILE_HEIGHT) };
};

const keyOf = ({ level, tile }: TilePlace): string => `${level} ${tile}`;

/** The first index below `count` from which on the condition holds; `count` if it holds for none. */
const firstIn = (count: number, holds: (index: number) => boolean): number => {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};
