import { useState } from 'preact/hooks';
import { Link, useLocation, useSearch } from 'wouter-preact';
import { api, dataOf, reasonHeader } from '../api/client.ts';
import { changed, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { PageHead } from '../components/layout.tsx';
import { Empty, Failed, Loading } from '../components/states.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { ownZone } from '../format/time.ts';
import { asNewJob } from './edit-job/bodies.ts';
import { cloneOf, type Draft, newDraft } from './edit-job/draft.ts';
import { JobForm } from './edit-job/job-form.tsx';

/** Creates a job, possibly as a copy of another, with a preview of its effect. */
const NewJob = () => {
  const from = new URLSearchParams(useSearch()).get('from');
  return (
    <>
      <PageHead title="New job" above={<Link href="/jobs">Jobs</Link>} />
      {!session.may('scheduler:jobs:write') ? (
        <Empty title="You can't create jobs">You need the permission scheduler:jobs:write.</Empty>
      ) : from === null ? (
        <Creator begin={newDraft(ownZone())} />
      ) : (
        <Clone id={Number(from)} />
      )}
    </>
  );
};

export default NewJob;

const Clone = ({ id }: { readonly id: number }) => {
  const { data, error, again } = useQuery({
    key: ['job', id, 'to clone'],
    load: (signal) => dataOf(api.GET('/jobs/{id}', { params: { path: { id } }, signal })),
    live: false,
  });
  if (data !== undefined) return <Creator begin={cloneOf(data)} />;
  return error === null ? <Loading /> : <Failed error={error} again={again} />;
};

/** Keeps the initial draft, whatever is refetched in the meantime. */
const Creator = ({ begin }: { readonly begin: Draft }) => {
  const [, navigate] = useLocation();
  const [initial] = useState(begin);
  return (
    <JobForm
      initial={initial}
      verb="Create job"
      back="/jobs"
      save={async (draft, reason, release) => {
        const params = { header: reasonHeader(reason) };
        const job = await dataOf(api.POST('/jobs', { params, body: asNewJob(draft) }));
        release();
        changed();
        showSuccess(`Created ${job.name}`);
        navigate(`/jobs/${job.id}`);
      }}
    />
  );
};
