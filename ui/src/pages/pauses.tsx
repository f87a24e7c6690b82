import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Pause } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done, pageOf, reasonHeader } from '../api/client.ts';
import { changed, useList, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { ActDialog } from '../components/act-dialog.tsx';
import { ApplicationField } from '../components/application-field.tsx';
import { useApplicationNames } from '../components/applications.ts';
import { FormField } from '../components/form-field.tsx';
import { FormSelect } from '../components/form-select.tsx';
import { PageHead } from '../components/layout.tsx';
import { CATCH_UPS, LiftDialog } from '../components/lift-dialog.tsx';
import { ListCard } from '../components/list-card.tsx';
import { JOB_FIELD, namedJob } from '../components/named-job.ts';
import { showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { labelsOf } from './jobs/filter.ts';

/** Active and upcoming pauses: scope, reason, start and end. */
const Pauses = () => {
  const [isPausing, setPausing] = useState(false);
  const [lifted, setLifted] = useState<Pause>();
  const named = useApplicationNames();
  const mayWrite = session.may('scheduler:jobs:write');
  const mayLift = ({ scope }: Pause) => (scope === 'installation' ? session.may('scheduler:admin') : mayWrite);
  const list = useList({
    key: ['pauses'],
    load: (page, signal) => pageOf(api.GET('/pauses', { params: { query: page }, signal })),
  });
  return (
    <>
      <PageHead
        title="Pauses"
        actions={
          mayWrite ? (
            <button type="button" class="button primary" onClick={() => setPausing(true)}>
              Pause…
            </button>
          ) : null
        }
      />
      <ListCard
        title="Active and upcoming pauses"
        list={list}
        keyOf={({ id }) => id}
        empty="No active or upcoming pauses"
        hint="A pause stops jobs from running without changing them. To start one, choose “Pause…”."
        columns={[
          { title: 'Paused', cell: (pause) => <Scope pause={pause} text={formatScope(pause, named)} /> },
          { title: 'From', cell: (pause) => <SetBy at={startOf(pause)} by={pause.createdBy} /> },
          { title: 'Until', cell: ({ until }) => (until === undefined ? 'Ended manually' : <When at={until} />) },
          { title: 'Catch-up', cell: ({ catchUp = 'skip' }) => CATCH_UPS[catchUp] },
          { title: 'Reason', cell: ({ reason }) => reason ?? '' },
          {
            title: 'Actions',
            cell: (pause) =>
              mayLift(pause) ? (
                <button type="button" class="button" onClick={() => setLifted(pause)}>
                  End pause…
                </button>
              ) : null,
          },
        ]}
      />
      {isPausing ? <PauseDialog onClose={() => setPausing(false)} /> : null}
      {lifted === undefined ? null : (
        <LiftDialog pause={lifted} of={formatScope(lifted, named)} onClose={() => setLifted(undefined)} />
      )}
    </>
  );
};

export default Pauses;

const startOf = ({ createdAt, from = createdAt }: Pause): string => (from > createdAt ? from : createdAt);

const SetBy = ({ at, by }: { readonly at: string; readonly by: string }) => (
  <>
    <When at={at} /> by {by}
  </>
);

/** The paused resource, linked to its page if it has one. */
const Scope = ({ pause: { scope, of }, text }: { readonly pause: Pause; readonly text: string }) => {
  switch (scope) {
    case 'job':
      return <JobLink id={Number(of)} />;
    case 'application':
      return <Link href={`/applications/${of}`}>{text}</Link>;
    case 'jobs':
      return <Link href="/operations">{text}</Link>;
    case 'installation':
    case 'tenant':
    case 'target':
    case 'labels':
      return <>{text}</>;
  }
};

const JobLink = ({ id }: { readonly id: number }) => {
  const { data } = useQuery({
    key: ['job', id, 'name'],
    load: (signal) => dataOf(api.GET('/jobs/{id}', { params: { path: { id } }, signal })),
    live: false,
  });
  return <Link href={`/jobs/${id}`}>{data === undefined ? `job ${id}` : `${data.application.name}/${data.name}`}</Link>;
};

const formatScope = (
  { scope, of, operationId }: Pick<Pause, 'scope' | 'of' | 'operationId'>,
  named: (applicationId: number) => string,
): string => {
  switch (scope) {
    case 'installation':
      return 'all jobs of this installation';
    case 'tenant':
      return 'all jobs of the tenant';
    case 'application':
      return `jobs of ${named(Number(of))}`;
    case 'job':
      return `job ${of ?? ''}`;
    case 'target':
      return `target ${of ?? ''}`;
    case 'labels':
      return `jobs with ${Object.entries(of ?? {})
        .map(([key, value]) => `${key}:${value}`)
        .join(', ')}`;
    case 'jobs':
      return `jobs of operation ${operationId ?? ''}`;
  }
};

const WHICH = ['skip', 'last', 'all'] as const;
const SCOPES = ['application', 'job', 'labels', 'target', 'tenant', 'installation'] as const;
const SCOPE_TITLES = {
  application: 'Jobs of an application',
  job: 'One job',
  labels: 'Jobs with labels',
  target: 'Jobs that call a target',
  tenant: 'All jobs of the tenant',
  installation: 'All jobs of this installation',
} as const;
/** Fields for the scope of a pause. */
const NAMED: Partial<Record<(typeof SCOPES)[number], { readonly label: string; readonly hint: string }>> = {
  job: JOB_FIELD,
  labels: { label: 'Labels (key:value)', hint: 'Pauses current and future jobs with all of these labels' },
  target: { label: 'Target', hint: 'Host, host:port or origin' },
};

const PauseDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [scope, setScope] = useState<(typeof SCOPES)[number]>('application');
  const [of, setOf] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [catchUp, setCatchUp] = useState<keyof typeof CATCH_UPS>('skip');
  const named = NAMED[scope];
  const act = async (reason: string) => {
    const more = {
      ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
      ...(from === '' ? {} : { from: new Date(from).toISOString() }),
      ...(until === '' ? {} : { until: new Date(until).toISOString() }),
      ...(catchUp === 'skip' ? {} : { catchUp }),
    };
    await done(
      api.POST('/pauses', { params: { header: reasonHeader(reason) }, body: { ...scopeBody(scope, of), ...more } }),
    );
    changed();
    showSuccess(from === '' ? 'Pause started' : 'Pause scheduled');
  };
  return (
    <ActDialog title="Pause jobs" verb="Pause" act={act} onClose={onClose}>
      <FormSelect
        label="Scope"
        value={scope}
        onValue={(value) => setScope(SCOPES.find((each) => each === value) ?? scope)}
        options={SCOPES.filter((each) => each !== 'installation' || session.may('scheduler:admin')).map(
          (each) => [each, SCOPE_TITLES[each]] as const,
        )}
      />
      {scope === 'application' ? (
        <ApplicationField label="Application" pointer="/of" value={of} onValue={setOf} />
      ) : null}
      {named === undefined ? null : <FormField key={scope} pointer="/of" value={of} onValue={setOf} {...named} />}
      <FormField
        pointer="/from"
        label="From (browser time)"
        kind="time"
        value={from}
        onValue={setFrom}
        isRequired={false}
        hint="If empty, now"
      />
      <FormField
        pointer="/until"
        label="Until (browser time)"
        kind="time"
        value={until}
        onValue={setUntil}
        isRequired={false}
        hint="If empty, until ended manually"
      />
      <FormSelect
        label="Slots during the pause"
        pointer="/catchUp"
        value={catchUp}
        onValue={(value) => setCatchUp(WHICH.find((each) => each === value) ?? catchUp)}
        options={WHICH.map((each) => [each, CATCH_UPS[each]] as const)}
      />
      <p class="quiet small">Running calls are allowed to finish.</p>
    </ActDialog>
  );
};

const splitLabel = (label: string): readonly [string, string] => {
  const colon = label.indexOf(':');
  return [label.slice(0, colon), label.slice(colon + 1)];
};

const scopeBody = (scope: (typeof SCOPES)[number], of: string) => {
  switch (scope) {
    case 'application':
      return { scope, of: Number(of) };
    case 'job':
      return { scope, of: namedJob(of) };
    case 'labels':
      return { scope, of: Object.fromEntries(labelsOf(of).map(splitLabel)) };
    case 'target':
      return { scope, of };
    case 'tenant':
    case 'installation':
      return { scope };
  }
};
