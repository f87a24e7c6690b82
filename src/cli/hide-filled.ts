import { listOfJobs } from '../bootstrap/definitions.ts';
import type { FolderFiles } from '../bootstrap/read-folder.ts';
import type { BootstrapReport, ReportedAppResource, ReportedJob } from '../bootstrap/report.ts';

type Changes = Pick<ReportedJob, 'changes'>;
type Places = ReadonlyMap<string, string>;

const HIDDEN = '(hidden)';

/**
 * Removes values from the environment from a report: shows the placeholders of the files instead. The report's applications
 * are in the order of the folders.
 */
export const hideFilled = (report: BootstrapReport, folders: readonly FolderFiles[]): BootstrapReport => ({
  ...report,
  applications: report.applications.map((application, index) => {
    const files = folders[index];
    if (files === undefined) return application;
    const { jobs, pointer } = listOfJobs(files.jobs?.value) ?? { jobs: [], pointer: '' };
    const places = new Map(jobs.map((job, number) => [Object(job).name, `${pointer}/${number}`]));
    return {
      ...application,
      ...withoutFilled(application, '', files.application.places),
      ...(application.resources && {
        resources: application.resources.map((each) => ({
          ...each,
          ...withoutFilled(each, placeOf(each), files.application.places),
        })),
      }),
      jobs: application.jobs.map((job) => ({
        ...job,
        ...withoutFilled(job, places.get(job.name) ?? '', files.jobs?.places ?? new Map()),
      })),
    };
  }),
});

/** The place of a resource in its file. The fields of variables and pauses have no places of their own. */
const placeOf = ({ kind, name }: ReportedAppResource): string => (kind === 'pause' ? '/pauses' : `/${kind}s/${name}`);

const withoutFilled = ({ changes }: Changes, prefix: string, places: Places): Changes =>
  changes === undefined || places.size === 0
    ? {}
    : {
        changes: changes.map((change) => {
          const texts = placesWithin(`${prefix}${change.pointer}`, places);
          if (texts.length === 0) return change;
          const { pointer, before, after } = change;
          return {
            pointer,
            ...(before === undefined ? {} : { before: HIDDEN }),
            ...(after === undefined ? {} : { after: texts.join(', ') }),
          };
        }),
      };

/** Texts with placeholders that equal a field, are part of it, or contain it. */
export const placesWithin = (field: string, places: Places): string[] =>
  [...places].flatMap(([pointer, text]) =>
    `${pointer}/`.startsWith(`${field}/`) || `${field}/`.startsWith(`${pointer}/`) ? [text] : [],
  );
