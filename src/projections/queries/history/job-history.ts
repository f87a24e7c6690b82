import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../../db/reader.ts';
import { JobDefinition, JobEvent } from '../../../domain/events/index.ts';
import { JOB_ACTIONS } from '../../../domain/history/actions.ts';
import { comparedJobFields } from '../../../domain/history/changed-fields.ts';
import { withinBytes } from '../page.ts';
import type { Queries } from '../port.ts';
import { isId, json } from '../row.ts';
import { visible } from '../scope.ts';
import { views } from '../views.ts';
import { toHistoryPage, versionBefore, versionColumns } from './history-page.ts';

const EventType = z.enum(JobEvent.options.map(({ shape }) => shape.type.value));
const Row = z.object({ ...versionColumns, type: EventType, definition: json.pipe(JobDefinition) });

/** Newest first, also of a deleted job. */
export const jobHistory =
  (readerFor: RowReaderFor): Queries['jobHistory'] =>
  async (scope, jobId, { limit, cursor }) => {
    const before = versionBefore(cursor);
    if (!isId(jobId)) return { items: [] };
    const older = before === undefined ? sql.fragment`` : sql.fragment`AND listed.revision < ${before - 1}`;
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT version.revision + 1 AS version, version.valid_from AS at, version.actor, version.actor_type,
        version.correlation_id, version.reason, version.type, version.definition, version.found
      FROM (${withinBytes({
        rows: sql.fragment`
          SELECT listed.* FROM ${views.jobVersions} AS listed JOIN ${visible(scope)} USING (tenant)
          WHERE listed.job_id = ${jobId} ${older} ORDER BY listed.revision DESC LIMIT ${limit + 1}`,
        order: sql.fragment`row.revision DESC`,
        bytes: sql.fragment`octet_length(row.definition)`,
      })}) AS version
      ORDER BY version.revision DESC`);
    const versions = rows.map(({ type, definition, ...row }) => ({
      row,
      action: JOB_ACTIONS[type],
      fields: comparedJobFields(definition),
    }));
    return toHistoryPage(versions, limit);
  };
