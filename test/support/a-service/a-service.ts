import type { Role } from '../../../src/compose.ts';
import type { Duration } from '../../../src/domain/duration.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { LogChoice } from '../logs.ts';
import type { TestService } from '../service.ts';
import type { Target } from '../target.ts';
import { type ServiceOptions, startOnTestClock } from './start-on-test-clock.ts';

/** A whole service in this process, with what its jobs call, on a clock that the test holds. */
export type AService = TestService & {
  /** What its clock says, epoch ms. */
  now(): number;
  /** Moves the clock on by so much, through all that falls due meanwhile. @returns what was recorded, in log order */
  advance(by: Duration): Promise<readonly RecordedEvent[]>;
  /**
   * Moves the clock on until the promise has settled.
   * @throws Error naming what still waits, where that takes longer than `within`, by default two minutes of the clock
   */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
  /** What its jobs call. To wait for its requests moves the clock on. */
  readonly target: Target;
  /** Starts another process of it, on the same database, log and clock; to be stopped before this one. */
  startBeside(other: { readonly settings?: Settings; readonly roles?: readonly Role[] }): Promise<OtherProcess>;
  /** Creates an application. @returns its id, which `applicationId` tells too */
  addApplication(name: string): Promise<number>;
  /** Creates a job of the application that was created last. @returns its id, which `jobId` tells too */
  addJob(job: JobInput): Promise<number>;
  applicationId(name: string): number;
  jobId(name: string): number;
};

type Settings = Readonly<Record<string, string>>;
/** Another process of a service. */
export type OtherProcess = Pick<TestService, 'url' | 'lines' | 'stop'>;

/** What `POST /jobs` takes, but for what is the same for most jobs of tests. */
export type JobInput = {
  readonly name: string;
  /** Where the service's target is called; default `/echo`. */
  readonly path?: string;
  readonly taskConfig?: object;
  readonly [field: string]: unknown;
};

/** What a service is to be, said before it starts. Each call returns another one. */
export type ServiceBuilder = {
  /** On this kind of log; default Postgres. */
  onLog(log: LogChoice): ServiceBuilder;
  /** With these environment variables beside those of every test. */
  withSettings(settings: Settings): ServiceBuilder;
  /** Default: every role. */
  withRoles(...roles: readonly Role[]): ServiceBuilder;
  /** When its clock begins, in ISO 8601; default a Monday in March, 2026-03-02T09:00:00Z. */
  from(instant: string): ServiceBuilder;
  withApplication(name: string): ServiceBuilder;
  /** With a job of the application named last. */
  withJob(job: JobInput): ServiceBuilder;
  start(): Promise<AService>;
};

/** A service that is to be started: `await aService().withApplication('crm').withJob({ name: 'nightly', pattern: '0 2 * * *' }).start()`. */
export const aService = (): ServiceBuilder => builderOf({}, []);

type SetUp = (service: AService) => Promise<unknown>;

const builderOf = (options: ServiceOptions, setUps: readonly SetUp[]): ServiceBuilder => {
  const having = (more: ServiceOptions): ServiceBuilder => builderOf({ ...options, ...more }, setUps);
  const setUpBy = (setUp: SetUp): ServiceBuilder => builderOf(options, [...setUps, setUp]);
  return {
    onLog: (log) => having({ log }),
    withSettings: (settings) => having({ settings: { ...options.settings, ...settings } }),
    withRoles: (...roles) => having({ roles }),
    from: (from) => having({ from }),
    withApplication: (name) => setUpBy((service) => service.addApplication(name)),
    withJob: (job) => setUpBy((service) => service.addJob(job)),
    start: async () => {
      const service = furnishable(await startOnTestClock(options));
      try {
        for (const setUp of setUps) await setUp(service);
      } catch (error) {
        await service.stop();
        throw error;
      }
      return service;
    },
  };
};

export type BareService = Omit<AService, 'addApplication' | 'addJob' | 'applicationId' | 'jobId'>;

const furnishable = (bare: BareService): AService => {
  const [applications, jobs] = [new Map<string, number>(), new Map<string, number>()];
  const create = async (path: string, body: object): Promise<number> => {
    const answer = await bare.as().post(path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} was answered ${answer.status}: ${answer.body.detail}`);
    return answer.body.id;
  };
  return {
    ...bare,
    addApplication: async (name) => {
      const id = await create('/applications', { name });
      applications.set(name, id);
      return id;
    },
    addJob: async ({ path = '/echo', taskConfig, ...job }) => {
      const id = await create('/jobs', {
        applicationId: [...applications.values()].at(-1),
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${bare.target.origin}${path}`, method: 'GET', ...taskConfig },
        ...job,
      });
      jobs.set(job.name, id);
      return id;
    },
    applicationId: (name) => idOf(applications, name),
    jobId: (name) => idOf(jobs, name),
  };
};

const idOf = (ids: ReadonlyMap<string, number>, name: string): number => {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`nothing was created as ${name}, only ${[...ids.keys()].join(', ')}`);
  return id;
};
