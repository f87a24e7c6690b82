import { Link } from 'wouter-preact';
import type { Execution } from '../api/schema.ts';
import { hasSeconds, sayDuration } from '../words/time.ts';
import { Status } from './status.tsx';
import { When } from './when.tsx';

type ExecutionTableProps = {
  readonly items: readonly Execution[];
  /** Of the job, where all are of one. */
  readonly zone?: string;
  /** Whose executions they are is shown, too. */
  readonly withJobs?: boolean;
};

const TITLES = ['Slot', 'Status', 'Took', 'Trigger', 'Attempts', 'Result'];

/** Executions, a row each. */
export const ExecutionTable = ({ items, zone, withJobs = false }: ExecutionTableProps) => (
  <table class="rows">
    <caption class="unseen">Executions, newest first</caption>
    <thead>
      <tr>
        {['Execution', ...(withJobs ? ['Job'] : []), ...TITLES].map((title) => (
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
          {withJobs ? (
            <td>
              <Link href={`/jobs/${execution.jobId}`}>{execution.jobSnapshot?.name ?? `job ${execution.jobId}`}</Link>
            </td>
          ) : null}
          <td>
            <When
              at={execution.scheduledAt}
              zone={zone ?? execution.jobSnapshot?.timezone}
              withSeconds={items.some(({ scheduledAt }) => hasSeconds(scheduledAt))}
            />
            {execution.late === undefined ? null : <span class="tag tone-warn">late: {execution.late}</span>}
          </td>
          <td>
            <Status name={execution.status} />
          </td>
          <td>{execution.durationMs === null ? '–' : sayDuration(execution.durationMs)}</td>
          <td>{execution.trigger}</td>
          <td>{execution.attempt}</td>
          <td class="result-cell" title={execution.error?.message}>
            {sayResult(execution)}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const sayResult = ({ result, error }: Execution): string => {
  if (error !== undefined) return `${error.code}: ${error.message}`;
  return result === undefined ? '' : String(result.status);
};
