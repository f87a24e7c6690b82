import { listOfJobs } from '../bootstrap/definitions.ts';
import type { FolderFiles } from '../bootstrap/read-folder.ts';
import type { BootstrapReport, ReportedAppResource, ReportedJob } from '../bootstrap/report.ts';

type Changes = Pick<ReportedJob, 'changes'>;
type Places = ReadonlyMap<string, string>;

const HIDDEN = '(hidden)';

/**
 * A report without what the environment gave: where a file has a placeholder, it shows that, and not what is there. The
 * applications of the report are in the order of the folders.
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

/** Where one of them stands in its file. The fields of a variable and of a pause have no place of their own. */
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

/** The texts with placeholders that are a field, a part of it, or what it is a part of. */
export const placesWithin = (field: string, places: Places): string[] =>
  [...places].flatMap(([pointer, text]) =>
    `${pointer}/`.startsWith(`${field}/`) || `${field}/`.startsWith(`${pointer}/`) ? [text] : [],
  );
