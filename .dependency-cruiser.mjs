/** The rooms and who may import whom. Each may import itself, and all but the domain src/runtime. */
const DOMAIN = 'src/domain/';
/** What stands on the event store's port. */
const EVENT_LOG =
  'src/event-store/(port|stored-event|errors|append-with-retry|identity|resume-position|progress|read-log|forms)[.]ts$';
/** The folders of the kinds of logs. */
const KINDS_OF_LOGS = '(postgres|eventstoredb)/';
const QUERIES = 'src/projections/queries/';
const TELEMETRY = 'src/telemetry/';

/**
 * docs/architecture.md shows this table.
 * @type {Record<string, string[]>}
 */
export const ROOMS = {
  domain: [],
  runtime: [],
  // A log's URL begins with a scheme of a kind of log.
  config: [DOMAIN, 'src/event-store/log-kinds[.]ts$', 'src/secrets/'],
  telemetry: [DOMAIN],
  dns: [DOMAIN],
  db: [DOMAIN, TELEMETRY],
  'event-store': [DOMAIN, 'src/db/', TELEMETRY],
  // Carries events past their schemas, so it stands on the codec beside the port.
  'log-copy': [DOMAIN, EVENT_LOG, 'src/event-store/codec[.]ts$', TELEMETRY],
  // Data keys live in the log, so the key store reads and appends there.
  secrets: [DOMAIN, EVENT_LOG, TELEMETRY],
  commands: [DOMAIN, EVENT_LOG, TELEMETRY],
  // What an outsider checks: the tree over the log's events, and its proofs. Stands on the stored form of events.
  proofs: [DOMAIN, EVENT_LOG],
  projections: [DOMAIN, EVENT_LOG, 'src/proofs/', 'src/db/', TELEMETRY],
  // Checks the log by itself: what the read models say of it is no evidence.
  explain: [DOMAIN, EVENT_LOG],
  feed: [DOMAIN, EVENT_LOG, TELEMETRY],
  publisher: [DOMAIN, EVENT_LOG, 'src/feed/', TELEMETRY],
  engine: [DOMAIN, EVENT_LOG, 'src/commands/', TELEMETRY],
  operations: [DOMAIN, EVENT_LOG, 'src/commands/', QUERIES, TELEMETRY],
  alerts: [DOMAIN, EVENT_LOG, 'src/commands/', QUERIES, TELEMETRY],
  bootstrap: [DOMAIN, 'src/commands/', QUERIES, TELEMETRY],
  http: [
    DOMAIN,
    EVENT_LOG,
    'src/commands/',
    QUERIES,
    'src/explain/',
    'src/proofs/',
    'src/bootstrap/',
    'src/feed/',
    TELEMETRY,
  ],
};

/** Rooms that take time, chance and I/O as arguments. */
const HANDED_IN = '^src/(domain|runtime|commands|engine|operations|alerts|explain|feed|proofs)/';

const roomRules = Object.entries(ROOMS).map(([room, mayImport]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: `src/${room} may import itself and: ${mayImport.join(', ') || 'nothing of ours'}`,
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${room}/`, ...(room === 'domain' ? [] : ['^src/runtime/']), ...mayImport.map((path) => `^${path}`)],
  },
}));

export default {
  forbidden: [
    ...roomRules,
    {
      name: 'packages-stand-alone',
      severity: 'error',
      comment:
        'what is published by itself contains nothing of the server: its own files and the client; the kit for tests loads the service by its name',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^(packages|src|ui|test|bench|scripts)/',
        pathNot: ['^packages/$1/', '^packages/client/src/', '^src/testing/start-carillon[.]ts$'],
      },
    },
    {
      name: 'packages-are-used-by-fronts',
      severity: 'error',
      comment: 'the command line and the kit for tests use the packages; the service does not call itself',
      from: { path: '^src/', pathNot: ['^src/(cli|testing)/'] },
      to: { path: '^packages/' },
    },
    {
      name: 'domain-libraries',
      severity: 'error',
      comment:
        'the domain is pure: schemas, cron fields, address arithmetic, hashes and comparisons are all it needs from outside',
      from: { path: '^src/domain/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'core'],
        pathNot: ['node_modules/(zod|cron-parser|ipaddr[.]js)/', '^(crypto|util)$'],
      },
    },
    {
      name: 'io-is-handed-in',
      severity: 'error',
      comment: 'these rooms reach files, sockets, timers and processes through what compose hands in',
      from: { path: HANDED_IN },
      to: {
        dependencyTypes: ['core'],
        path: '^(fs|fs/promises|net|tls|http|https|dns|dns/promises|timers|timers/promises|child_process|process)$',
      },
    },
    {
      name: 'compose-alone-wires',
      severity: 'error',
      comment: 'compose.ts is the only place that builds adapters; main.ts and the kit for tests start it',
      from: {
        path: '^src/',
        pathNot: ['^src/compose', '^src/main[.]ts$', '^src/cli/', '^src/config/', '^src/testing/'],
      },
      to: { path: '^src/(compose|main[.]ts|config[.]ts|runtime/node-runtime[.]ts)' },
    },
    {
      name: 'kinds-of-logs',
      severity: 'error',
      comment: 'a kind of log is its own folder and a line of the registry; nothing else knows it',
      from: { path: '^src/', pathNot: `^src/event-store/(log-kinds[.]ts$|${KINDS_OF_LOGS})` },
      to: { path: `^src/event-store/${KINDS_OF_LOGS}` },
    },
    {
      name: 'kinds-of-logs-apart',
      severity: 'error',
      comment: 'no kind of log knows another',
      from: { path: `^src/event-store/${KINDS_OF_LOGS}` },
      to: { path: `^src/event-store/${KINDS_OF_LOGS}`, pathNot: '^src/event-store/$1/' },
    },
    {
      name: 'core-of-ports',
      severity: 'error',
      comment: 'the core gets its adapters handed in: the simulation builds it too, with others',
      from: { path: '^src/compose/core[.]ts$' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(domain|commands|engine|operations|alerts|secrets)/',
          `^${EVENT_LOG}`,
          '^src/telemetry/tracer[.]ts$',
          '^src/runtime/(?!node-runtime)',
        ],
      },
    },
    {
      name: 'page-knows-the-api-alone',
      severity: 'error',
      comment: 'the admin UI uses the client of the API, as every other program does, and the texts of codes',
      from: { path: '^ui/' },
      to: {
        path: '^(src|packages|test|bench|scripts)/',
        pathNot: '^(packages/client/src/|src/domain/codes/(execution-error-codes|reasons)[.]ts$)',
      },
    },
    {
      name: 'words-of-the-page',
      severity: 'error',
      comment: 'the functions that format times, counts and changes are pure',
      from: { path: '^ui/src/format/' },
      to: { path: '^ui/src/(api|components|pages)/|node_modules' },
    },
    {
      name: 'parts-of-the-page',
      severity: 'error',
      comment: 'shared components import no page',
      from: { path: '^ui/src/(api|components)/' },
      to: { path: '^ui/src/pages/' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'the product does not import tests, benches or scripts',
      from: { path: '^src/' },
      to: { path: '^(ui|test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      comment: 'what src imports must be installed in production: a dependency, not a devDependency',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'loaded-where-used',
      severity: 'error',
      comment: 'a process that is not set up to use these does not load them: together they take some 25 MB and 0.2 s',
      from: { path: '^src/compose([.]ts$|/)', pathNot: '^src/compose/(own-log|roles/api)[.]ts$' },
      to: {
        path: '^src/(publisher/|http/(app|sessions/oidc/provider)[.]ts|compose/roles/api[.]ts)',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: "types may refer to each other: a room's context names the types of what takes the context",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
