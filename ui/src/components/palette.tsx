import { signal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { answerOf, api } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { namedLike } from '../format/name-filter.ts';
import { nameOf, useApplications } from './applications.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { destinations } from './navigation.ts';

const isOpen = signal(false);

export const openPalette = (): void => {
  isOpen.value = true;
};

/** Opens a page, job or application by a few letters, or an execution by id. */
export const Palette = () => (isOpen.value ? <OpenPalette /> : null);

type Goal = { readonly to: string; readonly text: string; readonly note: string; readonly icon: IconName };

const close = (): void => {
  isOpen.value = false;
};

const OpenPalette = () => {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [, navigate] = useLocation();
  const listId = useId();
  const goals = [...executionsLike(typed), ...pagesLike(typed), ...useJobsLike(typed), ...useApplicationsLike(typed)];
  const at = Math.min(chosen, goals.length - 1);
  const go = (goal: Goal | undefined) => {
    if (goal === undefined) return;
    close();
    navigate(goal.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, goals.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0));
    else if (event.key === 'Enter') go(goals[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={close}>
      <input
        autofocus
        type="search"
        list={undefined}
        class="palette-input"
        // biome-ignore lint/a11y/noRedundantRoles: it has no list of its own, so it is a search box by itself
        role="combobox"
        aria-label="Page, part of a name, or execution ID"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={at < 0 ? undefined : `${listId}-${at}`}
        placeholder="Page, part of a name, or execution ID"
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
            key={goal.to}
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

const useApplicationsLike = (typed: string): readonly Goal[] => {
  const name = typed.trim().toLowerCase();
  const applications = useApplications();
  if (name === '') return [];
  return applications
    .filter((application) => `${application.name} ${nameOf(application)}`.toLowerCase().includes(name))
    .slice(0, MAX_APPLICATIONS)
    .map((application) => ({
      to: `/applications/${application.id}`,
      text: nameOf(application),
      note: 'Application',
      icon: 'applications' as const,
    }));
};

const MAX_JOBS = 8;

const useJobsLike = (typed: string): readonly Goal[] => {
  const name = typed.trim();
  const { data: jobs = [] } = useQuery({
    key: ['palette', name],
    ask: (signal) =>
      answerOf(api.GET('/jobs', { params: { query: { name: namedLike(name), limit: MAX_JOBS } }, signal })),
    enabled: name !== '' && session.may('scheduler:jobs:read'),
    keepPrevious: true,
    live: false,
  });
  if (name === '') return [];
  return jobs.map((job) => ({
    to: `/jobs/${job.id}`,
    text: job.name,
    note: job.application.displayName || job.application.name,
    icon: 'jobs' as const,
  }));
};
