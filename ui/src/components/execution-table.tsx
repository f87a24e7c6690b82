import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { Execution } from '../../../packages/client/src/schema.ts';
import { capital } from '../format/codes.ts';
import { formatReason } from '../format/reasons.ts';
import { formatResponse } from '../format/response-text.ts';
import { formatDuration, hasSeconds } from '../format/time.ts';
import { Status } from './status.tsx';
import { When } from './when.tsx';

/** Job and application of an execution, for lists of several jobs. */
type Owner = { readonly job: string; readonly application: string };

type ExecutionTableProps = {
  readonly items: readonly Execution[];
  /** Time zone of the job, if all executions belong to one. */
  readonly zone?: string;
  /** If present, shows each execution's job and application. */
  readonly ownerOf?: (execution: Execution) => Owner;
};

/** A table of executions: rows, or blocks in a narrow window. */
export const ExecutionTable = ({ items, zone, ownerOf }: ExecutionTableProps) => {
  const withSeconds = items.some(({ scheduledAt }) => hasSeconds(scheduledAt));
  return (
    <table class="rows plain">
      <caption class="unseen">Executions, newest first</caption>
      <thead>
        <tr>
          {['Execution', ...(ownerOf === undefined ? [] : ['Job', 'Application']), ...TITLES].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((execution) => (
          <tr key={execution.id}>
            <th scope="row">
              <Link href={`/executions/${execution.id}`}>{execution.id}</Link>
            </th>
            {ownerOf === undefined ? null : <OwnerCells execution={execution} owner={ownerOf(execution)} />}
            <Cell title="Slot">
              <When
                at={execution.scheduledAt}
                zone={zone ?? execution.jobSnapshot?.timezone}
                withSeconds={withSeconds}
              />
            </Cell>
            <Cell title="Status">
              <Status name={execution.status} />
            </Cell>
            <Cell title="Late">{formatLate(execution)}</Cell>
            <Cell title="Duration">{execution.durationMs === null ? '–' : formatDuration(execution.durationMs)}</Cell>
            <Cell title="Trigger">{capital(execution.trigger)}</Cell>
            <Cell title="Attempts">{execution.attempt}</Cell>
            <Cell title="Result" clipped={formatResult(execution)} />
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const TITLES = ['Slot', 'Status', 'Late', 'Duration', 'Trigger', 'Attempts', 'Result'];

type CellProps = { readonly title: string; readonly children?: ComponentChildren; readonly clipped?: string };

const Cell = ({ title, children, clipped }: CellProps) => (
  <td data-title={title} class={`cell-${title.toLowerCase()}`} title={clipped}>
    {clipped ?? children}
  </td>
);

const OwnerCells = ({ execution, owner }: { readonly execution: Execution; readonly owner: Owner }) => (
  <>
    <td data-title="Job" class="cell-job" title={owner.job}>
      <Link href={`/jobs/${execution.jobId}`}>{owner.job}</Link>
    </td>
    <td data-title="Application" class="cell-application" title={owner.application}>
      {owner.application}
    </td>
  </>
);

/** Delay between an execution's slot and its start; a manual run has no slot. */
export const latenessOf = ({ startedAt, scheduledAt, dueAt = scheduledAt, trigger }: Execution): number =>
  startedAt === null || trigger !== 'schedule' ? 0 : Math.max(0, Date.parse(startedAt) - Date.parse(dueAt));

const formatLate = (execution: Execution): ComponentChildren => {
  const { startedAt, trigger, late } = execution;
  if (trigger !== 'schedule' || startedAt === null) return '–';
  const lateness = formatDuration(latenessOf(execution));
  if (late === undefined) return lateness;
  return (
    <span class="tone-warn" title={formatReason(late)}>
      {lateness}
      <span class="unseen">: {formatReason(late)}</span>
    </span>
  );
};

const formatResult = ({ result, error }: Execution): string => {
  if (error !== undefined) {
    const response = formatResponse(result?.data);
    return response === '' ? `${error.code}: ${error.message}` : `${response} (${error.code})`;
  }
  return result?.taskType === 'HttpInvokerTask' ? String(result.status) : '';
};
