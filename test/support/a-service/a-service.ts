import type { Role } from '../../../src/compose.ts';
import type { Duration } from '../../../src/domain/duration.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { LogChoice } from '../logs.ts';
import type { TestService } from '../service.ts';
import type { Target } from '../target.ts';
import { type ServiceOptions, startOnTestClock } from './start-on-test-clock.ts';

/** A whole service in this process with its target, on a clock that the test moves. */
export type AService = TestService & {
  /** Time of its clock, epoch ms. */
  now(): number;
  /** Advances the clock, through all work that is due on the way. @returns the recorded events in log order */
  advance(by: Duration): Promise<readonly RecordedEvent[]>;
  /**
   * Advances the clock until the promise has settled.
   * @throws Error naming what still waits, if that takes longer than `within`, by default two minutes of the clock
   */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
  /** The target of its jobs. Waiting for its requests advances the clock. */
  readonly target: Target;
  /** Starts another process on the same database, log and clock; stop it before this one. */
  startBeside(other: { readonly settings?: Settings; readonly roles?: readonly Role[] }): Promise<OtherProcess>;
  /** Creates an application. @returns its id, also available as `applicationId` */
  addApplication(name: string): Promise<number>;
  /** Creates a job of the last created application. @returns its id, also available as `jobId` */
  addJob(job: JobInput): Promise<number>;
  applicationId(name: string): number;
  jobId(name: string): number;
};

type Settings = Readonly<Record<string, string>>;
/** Another process of a service. */
export type OtherProcess = Pick<TestService, 'url' | 'lines' | 'stop'>;

/** The input of `POST /jobs`, without what is the same for most jobs of tests. */
export type JobInput = {
  readonly name: string;
  /** Path on the service's target; default `/echo`. */
  readonly path?: string;
  readonly taskConfig?: object;
  readonly [field: string]: unknown;
};

/** Builds a service before its start. Each call returns a new builder. */
export type ServiceBuilder = {
  /** On this kind of log; default Postgres. */
  onLog(log: LogChoice): ServiceBuilder;
  /** Adds environment variables to those of every test. */
  withSettings(settings: Settings): ServiceBuilder;
  /** Default: every role. */
  withRoles(...roles: readonly Role[]): ServiceBuilder;
  /** Start of its clock, in ISO 8601; default a Monday in March, 2026-03-02T09:00:00Z. */
  from(instant: string): ServiceBuilder;
  withApplication(name: string): ServiceBuilder;
  /** Adds a job of the last named application. */
  withJob(job: JobInput): ServiceBuilder;
  start(): Promise<AService>;
};

/**
 * Builds a service to start: `await aService().withApplication('crm').withJob({ name: 'nightly', pattern: '0 2 * * *'
 * }).start()`.
 */
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
    const response = await bare.as().post(path, body);
    if (response.status !== 201)
      throw new Error(`POST ${path} was answered ${response.status}: ${response.body.detail}`);
    return response.body.id;
  };
  return {
    ...bare,
    addApplication: async (name) => {
      const id = await create('/applications', { name });
      applications.set(name, id);
      return id;
    },
    addJob: async ({ path = '/echo', taskType = 'HttpInvokerTask', taskConfig, ...job }) => {
      const id = await create('/jobs', {
        applicationId: [...applications.values()].at(-1),
        taskType,
        taskConfig:
          taskType === 'HttpInvokerTask'
            ? { url: `${bare.target.origin}${path}`, method: 'GET', ...taskConfig }
            : taskConfig,
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
