import { CreateJob, UpdateJob } from '../../commands/job/job-input.ts';
import { PreviewJob } from '../../commands/job/preview-job.ts';

/** Inputs of commands, with names for the API's description. */
export const CreateJobBody = CreateJob.meta({ id: 'CreateJob' });
export const UpdateJobBody = UpdateJob.meta({ id: 'UpdateJob' });
export const PreviewBody = PreviewJob.meta({ id: 'PreviewJob' });
