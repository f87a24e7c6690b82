import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../../db/reader.ts';
import { ACTOR_TYPES, actorName, JobDefinition, JobEvent } from '../../../domain/events/index.ts';
import { ACTIONS } from '../../../domain/history/actions.ts';
import { comparedJobFields } from '../../../domain/history/changed-fields.ts';
import { withinBytes } from '../page.ts';
import type { HistoryEntry } from '../port/history.ts';
import type { ListPage, PageRequest } from '../port/pages.ts';
import type { Scope } from '../port/scope.ts';
import { isId, json } from '../row.ts';
import { visible } from '../scope.ts';
import { views } from '../views.ts';
import { isOlder, toHistoryPage, versionColumns } from './history-page.ts';

const EventType = z.enum(JobEvent.options.map(({ shape }) => shape.type.value));
const Row = z.object({
  ...versionColumns,
  actor: z.string(),
  actor_type: z.enum(ACTOR_TYPES),
  type: EventType,
  definition: json.pipe(JobDefinition),
});

/**
 * The versions of a job, deleted or not, newest first; none of one that never existed. The version is the revision, counted
 * from 1.
 * @throws BadCursor
 */
export const jobHistory =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, jobId: number, { limit, cursor }: PageRequest): Promise<ListPage<HistoryEntry>> => {
    const older = isOlder(cursor);
    if (!isId(jobId)) return { items: [] };
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT version.revision, version.valid_from AS at, version.actor, version.actor_type,
        version.correlation_id AS request_id, version.reason, version.type, version.definition, version.found
      FROM (${withinBytes({
        rows: sql.fragment`
          SELECT listed.* FROM ${views.jobVersions} AS listed JOIN ${visible(scope)} USING (tenant)
          WHERE listed.job_id = ${jobId} AND ${older} ORDER BY listed.revision DESC LIMIT ${limit + 1}`,
        order: sql.fragment`row.revision DESC`,
        bytes: sql.fragment`octet_length(row.definition)`,
      })}) AS version
      ORDER BY version.revision DESC`);
    const versions = rows.map(({ type, definition, actor, actor_type, ...row }) => ({
      row,
      version: row.revision + 1,
      actor: actorName({ type: actor_type, name: actor }),
      action: ACTIONS[type],
      fields: comparedJobFields(definition),
    }));
    return toHistoryPage(versions, limit);
  };
