/** Bodies that callers send unchanged; a test replaces ids and, for called URLs, hosts. */

export const HEALTH_CHECK = {
  applicationId: 1,
  name: 'health-check',
  description: 'Check external service health every 5 minutes',
  enabled: true,
  pattern: '*/5 * * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { endpoint: 'https://external-service.com', method: 'GET', path: '/health' },
};

export const JOBS = [
  {
    applicationId: 5,
    name: 'daily-data-sync',
    description: 'Synchronizes data from external API every day at 2 AM',
    enabled: true,
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: {
      endpoint: 'http://integration-service:4005',
      method: 'POST',
      path: '/api/sync',
      body: { fromDate: '${T-1:YYYY-MM-DD}', toDate: '${T:YYYY-MM-DD}' },
      headers: { 'X-Custom-Header': 'value' },
    },
  },
  {
    applicationId: 3,
    name: 'sync-orders-from-external-api',
    description: 'Sync orders every 15 minutes',
    enabled: true,
    pattern: '*/15 * * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: {
      endpoint: 'http://integration-service:4005',
      method: 'POST',
      path: '/api/sync-orders',
      body: { since: '${T-1:YYYY-MM-DDTHH:mm:ss}' },
    },
  },
  {
    applicationId: 2,
    name: 'delete-old-audit-logs',
    description: 'Clean up audit logs older than 90 days every Sunday at 1 AM',
    enabled: true,
    pattern: '0 1 * * 0',
    taskType: 'HttpInvokerTask',
    taskConfig: {
      endpoint: 'http://audit-service:4003',
      method: 'POST',
      path: '/api/cleanup',
      body: { retentionDays: 90, beforeDate: '${T-90:YYYY-MM-DD}' },
    },
  },
  {
    applicationId: 4,
    name: 'weekly-sales-report',
    description: 'Generate weekly sales report every Monday at 9 AM',
    enabled: true,
    pattern: '0 9 * * 1',
    taskType: 'HttpInvokerTask',
    taskConfig: {
      endpoint: 'http://reports-service:4004',
      method: 'POST',
      path: '/api/generate',
      body: {
        reportType: 'weekly-sales',
        startDate: '${T-7:YYYY-MM-DD}',
        endDate: '${T-1:YYYY-MM-DD}',
        emailTo: ['sales@company.com'],
      },
    },
  },
  { ...HEALTH_CHECK, name: 'monitor-external-service' },
];

/** The resolved bodies for 4 February 2026, 14:30 UTC. */
export const BODIES_RESOLVED: Readonly<Record<string, unknown>> = {
  'daily-data-sync': { fromDate: '2026-02-03', toDate: '2026-02-04' },
  'sync-orders-from-external-api': { since: '2026-02-03T14:30:00' },
  'delete-old-audit-logs': { retentionDays: 90, beforeDate: '2025-11-06' },
  'weekly-sales-report': {
    reportType: 'weekly-sales',
    startDate: '2026-01-28',
    endDate: '2026-02-03',
    emailTo: ['sales@company.com'],
  },
};

export const REPORT_TASK = {
  endpoint: 'http://reports-service:4004',
  method: 'POST',
  path: '/api/reports/generate',
  body: {
    date: '${T:YYYY-MM-DD}',
    startDate: '${T-7:YYYY-MM-DD}',
    endDate: '${T:YYYY-MM-DD}',
    timestamp: '${T:YYYY-MM-DDTHH:mm:ss}',
  },
};

/** A `jobs.json`. */
export const JOBS_FILE = [
  {
    name: 'crm-health-check',
    description: 'Periodic health check of the CRM service',
    enabled: true,
    pattern: '*/5 * * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: 'http://crm-service/health', method: 'GET', timeout: 5000 },
  },
  {
    name: 'crm-daily-sync',
    description: 'Synchronizes CRM data with the external source every day at 2 AM',
    enabled: true,
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: {
      url: 'http://crm-service/api/sync',
      method: 'POST',
      body: { type: 'full' },
      headers: { 'Content-Type': 'application/json' },
      auth: { authMethod: 'bearer', token: 'example-token' },
      timeout: 30000,
    },
  },
];
