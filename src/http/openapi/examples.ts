const taskConfig = {
  endpoint: 'https://service.example.com',
  path: '/sync?day=${T-1:YYYY-MM-DD}',
  method: 'POST',
  body: { day: '${T-1:YYYY-MM-DD}' },
};

/** A CA of no one: it expires in 100 years, and its key was discarded. */
const EXAMPLE_CA = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBgTCCASegAwIBAgIUEeMIE0oxAFmt42sbFiIPzuk3rZMwCgYIKoZIzj0EAwIw',
  'FTETMBEGA1UEAwwKRXhhbXBsZSBDQTAgFw0yNjExMjcwNTA1MjFaGA8yMTI2MTEw',
  'MzA1MDUyMVowFTETMBEGA1UEAwwKRXhhbXBsZSBDQTBZMBMGByqGSM49AgEGCCqG',
  'SM49AwEHA0IABEUnYVURI1OAamCHQxNWfcfgrIAu7+Sps4lo40lvLjUz2SU5B4ml',
  'j5DjU8//mIqpKWqlXWdbteboCrR3zs+Oh0+jUzBRMB0GA1UdDgQWBBQThiCZAlU2',
  'XOl1ARJW/POjpL7idzAfBgNVHSMEGDAWgBQThiCZAlU2XOl1ARJW/POjpL7idzAP',
  'BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDEWI6nrkRo9aEl9iQV',
  'aOnE+neStuys4EaA1TzE7cq9pwIgY/2HksqzvKL1nqjv0X8VX83dN41/1Y/+J0SQ',
  'zbrFDR0=',
  '-----END CERTIFICATE-----',
].join('\n');

/** Examples of bodies by operation, for the API's description and the tests. */
export const EXAMPLES = {
  createJob: {
    applicationId: 1,
    name: 'nightly-sync',
    description: 'Fetches what changed the day before',
    pattern: '0 2 * * *',
    timezone: 'Europe/Berlin',
    taskType: 'HttpInvokerTask',
    taskConfig,
  },
  putJob: { pattern: '0 2 * * *', timezone: 'Europe/Berlin', taskType: 'HttpInvokerTask', taskConfig },
  updateJob: { pattern: '30 2 * * *', description: null },
  createApplication: { name: 'crm', displayName: 'Customers' },
  updateApplication: { displayName: 'Customer relations' },
  setApplicationVariable: { value: 'production' },
  setApplicationSecret: { value: 'a value for the target only', allowedOrigins: ['https://api.example.com'] },
  setApplicationLimit: { parallel: 4, rate: { count: 100, per: '1m' } },
  setApplicationTls: { origins: ['https://api.example.com'], ca: EXAMPLE_CA },
  setCalendar: { dates: ['2026-12-25', '2026-12-26', '2027-01-01'], description: 'Public holidays' },
  setAllowedTargets: { targets: ['10.1.0.0/16', '.crm.internal:8443'] },
  setPause: { scope: 'target', of: 'api.example.com', reason: 'Maintenance of the CRM', until: '2099-01-01T06:00:00Z' },
  setAlertRule: {
    scope: 'application',
    of: 1,
    condition: { kind: 'failures', count: 3 },
    receivers: [{ type: 'webhook', url: 'https://alerts.example.com/carillon' }],
    maintenance: [{ from: '2099-01-01T00:00:00Z', to: '2099-01-01T06:00:00Z' }],
  },
  acknowledgeJob: { owner: 'ann', note: 'Waiting for the database team', until: '4h' },
  saveView: { query: 'state=failing&label=team:money' },
  createToken: {
    name: 'deploy',
    permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'],
    applications: [1],
    expiresAt: '2099-01-01T00:00:00Z',
  },
  bulkUpdateJobs: {
    action: 'disable',
    filter: { labels: { team: 'crm' } },
    reason: 'Maintenance of the CRM',
    dryRun: true,
  },
  bulkUpdateExecutions: { action: 'cancel', filter: { applicationId: 1, status: 'pending' }, dryRun: true },
  requestBackfill: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', reprocess: 'failed', dryRun: true },
  rerunExecution: { force: true },
  triggerJob: { body: { from: '2026-01-01' }, scheduledAt: '2026-01-01T02:00:00Z', force: true },
  takeWork: {
    takeId: 'gr9ZtWq1o3o4Cq0pJ9Nn8p0m0nFQ2bY1oX0v5bX7c8A',
    worker: { id: 'reports-7f9c', host: 'worker-3', version: '2.1.0' },
    tasks: ['send-report'],
    most: 10,
  },
  beatWork: {
    worker: { id: 'reports-7f9c', host: 'worker-3', version: '2.1.0' },
    running: [{ executionId: 1, token: 'the-token-of-the-work', progress: { percent: 50 } }],
  },
  completeExecution: { status: 'succeeded', result: { rows: 1_204 } },
  heartbeatExecution: { progress: { done: 600, of: 1_204 } },
  previewJob: {
    pattern: '0 9 * * 1-5',
    timezone: 'Europe/Berlin',
    after: '2026-01-01T00:00:00Z',
    count: 3,
    taskConfig,
  },
  applyBootstrap: {
    applications: [
      {
        folder: 'crm',
        application: { name: 'crm', displayName: 'Customers' },
        jobs: [
          {
            name: 'health',
            pattern: '*/5 * * * *',
            taskType: 'HttpInvokerTask',
            taskConfig: { url: 'https://service.example.com/health', method: 'GET', timeout: 5_000 },
          },
        ],
      },
    ],
  },
  rebuildProjection: { dryRun: true },
} as const;
