import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Application, Job } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { type Command, readCommand, readPauseEnd } from '../format/commands.ts';
import { namedLike } from '../format/name-filter.ts';
import { formatInstant, ownZone } from '../format/time.ts';
import { wallIn } from '../format/time-field.ts';
import { nameOf, useApplications } from './applications.ts';
import { now } from './clock.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { JobDialog } from './job-actions.tsx';
import { destinations } from './navigation.ts';
import { mayPause, PauseDialog, type Paused } from './pause-menu.tsx';
import { zoneFor } from './preferences.ts';

const isOpen = signal(false);

export const openPalette = (): void => {
  isOpen.value = true;
};

/** The command that was chosen, while its dialog is open. */
const question = signal<ComponentChildren>(undefined);

const closeDialog = (): void => {
  question.value = undefined;
};

/** Opens a page, job or application by a few letters, or an execution by id; or runs a command after asking. */
export const Palette = () => (
  <>
    {isOpen.value ? <OpenPalette /> : null}
    {question.value}
  </>
);

type Goal = {
  readonly text: string;
  readonly note: string;
  readonly icon: IconName;
  /** Address of a page, or the dialog of a command. */
  readonly to: string | ComponentChildren;
};

const close = (): void => {
  isOpen.value = false;
};

const OpenPalette = () => {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [, navigate] = useLocation();
  const listId = useId();
  const command = readCommand(typed);
  const jobs = useJobsLike(command?.name ?? typed);
  const applications = useApplicationsLike(command?.name ?? typed);
  const goals =
    command === undefined
      ? [...executionsLike(typed), ...pagesLike(typed), ...jobs.map(toJob), ...applications.map(toApplication)]
      : commandsOn(command, jobs, applications);
  const at = Math.min(chosen, goals.length - 1);
  const go = (goal: Goal | undefined) => {
    if (goal === undefined) return;
    close();
    if (typeof goal.to === 'string') navigate(goal.to);
    else question.value = goal.to;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, goals.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0));
    else if (event.key === 'Enter') go(goals[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Search or run a command" onClose={close}>
      <input
        autofocus
        type="search"
        list={undefined}
        class="palette-input"
        // biome-ignore lint/a11y/noRedundantRoles: it has no list of its own, so it is a search box by itself
        role="combobox"
        aria-label="Page, part of a name, execution ID, or command"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={at < 0 ? undefined : `${listId}-${at}`}
        placeholder="Page, name, execution ID; or: pause crm 2h"
        value={typed}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label="Results" class="palette-list">
        {goals.map((goal, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
          <div
            key={`${goal.text} ${goal.note}`}
            id={`${listId}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === at}
            class="palette-option"
            onClick={() => go(goal)}
          >
            <Icon name={goal.icon} />
            <span>{goal.text}</span>
            <span class="quiet">{goal.note}</span>
          </div>
        ))}
      </div>
      {goals.length === 0 ? <p class="quiet">No results</p> : null}
      {typed === '' ? (
        <p class="quiet small">
          Commands: <code>trigger</code>, <code>enable</code>, <code>disable</code> or <code>pause</code>, with a name;
          a pause takes an end, such as <code>2h</code> or <code>till 9</code>.
        </p>
      ) : null}
    </Dialog>
  );
};

/** An execution has no name: it is found by its full id. */
const executionsLike = (typed: string): readonly Goal[] =>
  /^[1-9]\d{0,14}$/.test(typed.trim()) && session.may('scheduler:executions:read')
    ? [{ to: `/executions/${typed.trim()}`, text: `Execution ${typed.trim()}`, note: 'By ID', icon: 'executions' }]
    : [];

const pagesLike = (typed: string): readonly Goal[] =>
  [
    ...destinations(),
    ...(session.may('scheduler:jobs:write') ? [{ path: '/jobs/new', title: 'New job', icon: 'jobs' as const }] : []),
  ]
    .filter(({ title }) => title.toLowerCase().includes(typed.toLowerCase()))
    .map(({ path, title, icon }) => ({ to: path, text: title, note: 'Page', icon }));

const MAX_APPLICATIONS = 5;

const useApplicationsLike = (typed: string): readonly Application[] => {
  const name = typed.trim().toLowerCase();
  const applications = useApplications();
  if (name === '') return [];
  return applications
    .filter((application) => `${application.name} ${nameOf(application)}`.toLowerCase().includes(name))
    .slice(0, MAX_APPLICATIONS);
};

const toApplication = (application: Application): Goal => ({
  to: `/applications/${application.id}`,
  text: nameOf(application),
  note: 'Application',
  icon: 'applications',
});

const MAX_JOBS = 8;

const useJobsLike = (typed: string): readonly Job[] => {
  const name = typed.trim();
  const { data: jobs = [] } = useQuery({
    key: ['palette', name],
    load: (signal) =>
      dataOf(api.GET('/jobs', { params: { query: { name: namedLike(name), limit: MAX_JOBS } }, signal })),
    enabled: name !== '' && session.may('scheduler:jobs:read'),
    keepPrevious: true,
    live: false,
  });
  return name === '' ? [] : jobs;
};

const applicationOf = ({ application }: Job): string => application.displayName || application.name;

const toJob = (job: Job): Goal => ({ to: `/jobs/${job.id}`, text: job.name, note: applicationOf(job), icon: 'jobs' });

const VERBS: Readonly<Record<Command['verb'], { readonly text: string; readonly icon: IconName }>> = {
  trigger: { text: 'Run', icon: 'bolt' },
  enable: { text: 'Enable', icon: 'play' },
  disable: { text: 'Disable', icon: 'pause' },
  pause: { text: 'Pause', icon: 'pause' },
};

const mayRun = (verb: Command['verb']): boolean =>
  verb === 'pause' ? mayPause() : session.may(verb === 'trigger' ? 'scheduler:jobs:trigger' : 'scheduler:jobs:write');

/** What a command can do with the jobs and applications that its name matches; each asks before it acts. */
const commandsOn = (
  { verb, rest }: Command,
  jobs: readonly Job[],
  applications: readonly Application[],
): readonly Goal[] => {
  if (!mayRun(verb)) return [];
  const { text, icon } = VERBS[verb];
  if (verb !== 'pause') {
    return jobs.map((job) => ({
      text: `${text} ${job.name}`,
      note: applicationOf(job),
      icon,
      to: <JobDialog job={job} action={verb} onClose={closeDialog} />,
    }));
  }
  const until = readPauseEnd(rest, { nowMs: now.value, zone: zoneFor(undefined) });
  const goalOf = (paused: Paused, note: string): Goal => ({
    text: `${text} ${paused.name}${until === undefined ? '' : ` until ${formatInstant(until, { zone: zoneFor(undefined), nowMs: now.value })}`}`,
    note,
    icon,
    to: (
      <PauseDialog job={paused} initial={until === undefined ? '' : wallIn(until, ownZone())} onClose={closeDialog} />
    ),
  });
  return [
    ...applications.map((application) =>
      goalOf({ scope: 'application', id: application.id, name: nameOf(application) }, 'All jobs of the application'),
    ),
    ...jobs.map((job) => goalOf({ id: job.id, name: job.name }, applicationOf(job))),
  ];
};
