import { z } from 'zod';
import { parseYaml } from '../../bootstrap/yaml.ts';
import { httpCommand } from './http-command.ts';
import { attemptsAfter, type Conversion, type ImportedEntry, type Importer, labelsOf } from './imported.ts';

const Labels = z.record(z.string(), z.unknown());
const Container = z.looseObject({
  name: z.string().optional(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
});
const CronJob = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional(), labels: Labels.optional() }),
  spec: z.object({
    schedule: z.string(),
    timeZone: z.string().nullish(),
    suspend: z.boolean().nullish(),
    concurrencyPolicy: z.enum(['Allow', 'Forbid', 'Replace']).nullish(),
    startingDeadlineSeconds: z.int().nullish(),
    jobTemplate: z.object({
      spec: z.looseObject({
        backoffLimit: z.int().nullish(),
        activeDeadlineSeconds: z.int().nullish(),
        template: z.object({
          spec: z.looseObject({
            containers: z.array(Container).min(1),
            initContainers: z.array(z.unknown()).nullish(),
          }),
        }),
      }),
    }),
  }),
});
type CronJob = z.infer<typeof CronJob>;
type Container = z.infer<typeof Container>;

/** Imports CronJob manifests, or the output of `kubectl get cronjobs -o yaml` (or json). */
export const fromKubernetes: Importer = async (text) => {
  const documents = await parseYaml(text);
  return documents.flatMap((document, index) =>
    itemsOf(document).map((item) => entryOf(item, `document ${index + 1}`)),
  );
};

const itemsOf = (document: unknown): unknown[] => {
  const { kind, items } = Object(document);
  if (document === null || document === undefined) return [];
  return kind === 'List' || kind === 'CronJobList' ? [items].flat() : [document];
};

const OVERLAPS = { Allow: 'allow', Forbid: 'skip', Replace: 'replace' } as const;

const entryOf = (item: unknown, place: string): ImportedEntry => {
  const { kind, metadata } = Object(item);
  const at = [kind, Object(metadata).namespace, Object(metadata).name].filter(Boolean).join(' ') || place;
  if (kind !== 'CronJob') return { at, notes: ['is not a CronJob'] };
  const parsed = CronJob.safeParse(item);
  if (!parsed.success)
    return { at, notes: [`is not a valid CronJob: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`] };
  return { at, ...jobOf(parsed.data) };
};

const jobOf = ({ metadata, spec }: CronJob): Conversion => {
  const { backoffLimit, activeDeadlineSeconds, template } = spec.jobTemplate.spec;
  const [container, ...more] = template.spec.containers;
  const call = httpCommand(wordsOf(container));
  const { labels, others } = labelsOf(metadata.labels);
  const notes = [
    ...call.notes,
    ...(more.length === 0
      ? []
      : [`the other containers have no equivalent: ${more.map(({ name }) => name).join(', ')}`]),
    ...((template.spec.initContainers ?? []).length === 0 ? [] : ['initContainers have no equivalent']),
    ...(container?.env === undefined && container?.envFrom === undefined
      ? []
      : ['the environment of the container has no equivalent: use variables and secrets of the application']),
    ...(others.length === 0 ? [] : [`labels not allowed on jobs: ${others.join(', ')}`]),
    ...(spec.timeZone || /TZ=/.test(spec.schedule)
      ? []
      : ["no timeZone: times are read as UTC, but Kubernetes uses its controller's time zone"]),
  ];
  if (call.taskConfig === undefined)
    return { notes: [...call.notes, 'Carillon runs no containers: move the work to a service and call its URL'] };
  const [, zone, pattern] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(spec.schedule) ?? [];
  const job = {
    name: metadata.name,
    enabled: spec.suspend ? false : undefined,
    ...patternOf(pattern ?? spec.schedule),
    timezone: spec.timeZone ?? zone,
    overlap: OVERLAPS[spec.concurrencyPolicy ?? 'Allow'],
    maxLateness: spec.startingDeadlineSeconds ? `${spec.startingDeadlineSeconds}s` : undefined,
    retry: call.retry ?? { maxAttempts: attemptsAfter(backoffLimit ?? 6) },
    deadline: activeDeadlineSeconds ? `${activeDeadlineSeconds}s` : undefined,
    taskType: 'HttpInvokerTask',
    taskConfig: call.taskConfig,
    labels,
  };
  return { job, notes };
};

/** Images of curl, such as curlimages/curl:8.10.1 and alpine/curl, with any registry, tag and digest. */
const CURL_IMAGE = /(?:^|[/-])curl(?::[^/]*)?(?:@.*)?$/;
/** First arguments that replace curl in such an image. */
const OTHER_PROGRAM = /^(?:\S*\/)?(?:curl|sh|ash|bash)$/;

/** The command line of a container: without `command`, an image of curl runs curl with `args`. */
const wordsOf = ({ image = '', command = [], args = [] }: Container = {}): string[] => {
  const isEntrypointCurl = CURL_IMAGE.test(image) && !OTHER_PROGRAM.test(args[0] ?? '');
  if (command.length === 0 && args.length > 0 && isEntrypointCurl) return ['curl', ...args];
  return [...command, ...args];
};

const patternOf = (text: string) => {
  const [, every] = /^@every\s+(\d+[smh])$/.exec(text) ?? [];
  return every === undefined ? { pattern: text } : { schedule: { every } };
};
