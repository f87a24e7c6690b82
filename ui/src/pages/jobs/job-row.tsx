import { Link, useLocation } from 'wouter-preact';
import type { Job, JobSummary } from '../../../../packages/client/src/schema.ts';
import { useJobActions } from '../../components/job-actions.tsx';
import { Menu } from '../../components/menu.tsx';
import { zoneFor } from '../../components/preferences.ts';
import { Status } from '../../components/status.tsx';
import { Strip } from '../../components/strip.tsx';
import { HowFar, When } from '../../components/when.tsx';
import { ChosenBox, mayChoose } from './chosen.tsx';

type JobRowProps = {
  readonly job: Job;
  readonly glance: JobSummary | undefined;
  readonly row: number;
  readonly isCurrent: boolean;
};

/** Row 1 is the table head. */
export const rowIndexOf = (row: number): number => row + 2;

export const JobRow = ({ job, glance, row, isCurrent }: JobRowProps) => {
  const { items, dialog } = useJobActions(job);
  const [, navigate] = useLocation();
  return (
    <tr
      aria-rowindex={rowIndexOf(row)}
      aria-current={isCurrent ? 'true' : undefined}
      class={job.enabled ? undefined : 'is-disabled'}
      onClick={({ target }) => {
        if (opensRow(target)) navigate(`/jobs/${job.id}`);
      }}
    >
      {mayChoose() ? (
        <td class="col-check">
          <ChosenBox job={job} />
        </td>
      ) : null}
      <th scope="row" class="col-job">
        <Link href={`/jobs/${job.id}`} class="job-name">
          {job.name}
        </Link>
        <span class="job-note">
          {Object.entries(job.labels ?? {}).map(([key, value]) => (
            <span key={key} class="tag">
              {key}:{value}
            </span>
          ))}
        </span>
      </th>
      <td class="col-state">{job.state === undefined ? null : <Status name={job.state.name} />}</td>
      <td class="col-application">{job.application.displayName || job.application.name}</td>
      <td class="col-strip">{glance === undefined ? null : <Strip slots={glance.slots} zone={job.timezone} />}</td>
      <td class="col-last">
        <LastRun job={job} />
      </td>
      <td class="col-next">
        <NextRun job={job} />
      </td>
      <td class="col-schedule" title={glance?.scheduleText}>
        <span>{glance === undefined ? job.pattern : withoutZone(glance.scheduleText, job.timezone)}</span>
      </td>
      <td class="col-owner">{job.createdBy}</td>
      <td class="col-actions">
        <Menu label={`Actions on ${job.name}`} items={items} />
        {dialog}
      </td>
    </tr>
  );
};

/** A click beside what acts by itself opens the row, unless it ends a selection of text. */
const opensRow = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('a, button, input, label, dialog, [popover], .col-check') === null &&
  getSelection()?.isCollapsed !== false;

/** Removes the zone at the end of a schedule's text; the title has the full text. */
const withoutZone = (words: string, zone: string): string => words.replace(` (${zone})`, '');

const LastRun = ({ job: { lastExecution, timezone } }: { readonly job: Job }) => {
  if (lastExecution === null || lastExecution === undefined) return <span class="quiet">Never</span>;
  const { status, finishedAt, startedAt, scheduledAt } = lastExecution;
  return (
    <span class="two-lines">
      <Status name={status} />
      <span class="quiet">
        <HowFar at={finishedAt ?? startedAt ?? scheduledAt} zone={timezone} />
      </span>
    </span>
  );
};

const NextRun = ({ job: { nextRunAt, timezone } }: { readonly job: Job }) => {
  if (nextRunAt === null || nextRunAt === undefined) return <span class="quiet">None</span>;
  return (
    <span class="two-lines">
      <HowFar at={nextRunAt} zone={timezone} />
      <span class="quiet">
        <When at={nextRunAt} zone={timezone} /> · {zoneFor(timezone)}
      </span>
    </span>
  );
};
