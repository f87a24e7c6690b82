import type { Job } from '../../../../packages/client/src/schema.ts';
import { printJson } from '../../api/json.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Icon } from '../../components/icon.tsx';

const SYNC = 'bootstrap:';

/** States that files own a job, and shows it in file format. */
export const BootstrapBanner = ({ job }: { readonly job: Job }) => {
  if (!job.createdBy.startsWith(SYNC)) return null;
  const isChanged = !job.updatedBy.startsWith(SYNC);
  return (
    <div class="notice notice-info bootstrap">
      <Icon name="copy" />
      <span>
        {isChanged
          ? `This job comes from files, but ${job.updatedBy} changed it. The next sync won't update it.`
          : 'Files manage this job. Change the files instead: after a change here, the sync no longer updates it.'}
      </span>
      <CopyButton what="jobs.json" text={printJson(asInFile(job))} />
    </div>
  );
};

/** A job in file format: without server-set fields. */
const asInFile = (job: Job): readonly object[] => {
  const {
    id,
    application,
    createdAt,
    createdBy,
    updatedAt,
    updatedBy,
    nextRunAt,
    lastExecution,
    completed,
    state,
    ...fields
  } = job;
  return [fields];
};
