import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { answerOf, api, because } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { PageHead } from '../parts/layout.tsx';
import { Empty } from '../parts/states.tsx';
import { sayDone } from '../parts/toasts.tsx';
import { ownZone } from '../words/time.ts';
import { asNewJob } from './edit-job/bodies.ts';
import { newDraft } from './edit-job/draft.ts';
import { JobForm } from './edit-job/job-form.tsx';

/** A new job, with a preview of what it would do. */
const NewJob = () => {
  const [, navigate] = useLocation();
  const [initial] = useState(() => newDraft(ownZone()));
  return (
    <>
      <PageHead title="New job" above={<Link href="/jobs">Jobs</Link>} />
      {session.may('scheduler:jobs:write') ? (
        <JobForm
          initial={initial}
          verb="Create the job"
          back="/jobs"
          save={async (draft, reason, release) => {
            const params = { header: because(reason) };
            const job = await answerOf(api.POST('/jobs', { params, body: asNewJob(draft) }));
            release();
            changed();
            sayDone(`${job.name} is created`);
            navigate(`/jobs/${job.id}`);
          }}
        />
      ) : (
        <Empty title="You may not create jobs">Ask somebody who has the permission scheduler:jobs:write.</Empty>
      )}
    </>
  );
};

export default NewJob;
