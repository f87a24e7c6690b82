/** Jobs in the pictures, as a company may have them: how often they run, how long they take, and how often they fail. */

export const APPLICATIONS = [
  ['crm', 'Customers'],
  ['erp', 'Orders'],
  ['pay', 'Payments'],
  ['bi', 'Reports'],
] as const;

export type PictureJob = {
  readonly application: (typeof APPLICATIONS)[number][0];
  readonly name: string;
  readonly description: string;
  readonly pattern: string;
  readonly timezone: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Minutes from one slot to the next, and from midnight UTC to the first. */
  readonly everyMinutes: number;
  readonly firstMinute: number;
  readonly tookMs: number;
  /** Fraction of its executions that fail. */
  readonly fails: number;
  /** Hours until now in which all executions fail. */
  readonly failsForHours: number;
  /** The target's response to these. */
  readonly failure: string;
  readonly failureStatus: number;
};

/** After a change of a table that two jobs read. */
const WITHOUT_COLUMN = { failure: 'column "tax_rate" does not exist', failureStatus: 500 };

type Given = readonly [
  application: PictureJob['application'],
  name: string,
  pattern: string,
  everyMinutes: number,
  firstMinute: number,
  tookMs: number,
  description: string,
  other?: Partial<PictureJob>,
];

const GIVEN: readonly Given[] = [
  ['crm', 'sync-contacts', '*/15 * * * *', 15, 0, 1_800, 'Imports contacts from the shop'],
  ['crm', 'merge-duplicates', '10 * * * *', 60, 10, 9_000, 'Merges duplicate customers', { fails: 0.02 }],
  ['crm', 'birthday-mails', '0 7 * * *', 1_440, 360, 42_000, 'Sends birthday mails to customers who agreed'],
  ['crm', 'expire-consents', '30 2 * * *', 1_440, 90, 5_200, 'Ends consents after two years'],
  ['erp', 'import-orders', '*/5 * * * *', 5, 0, 900, 'Imports orders from all shops', { fails: 0.01 }],
  ['erp', 'reserve-stock', '*/10 * * * *', 10, 2, 650, 'Reserves stock for new orders'],
  [
    ...(['erp', 'sync-invoices', '20 * * * *', 60, 20, 3_400] as const),
    'Sends invoices to the tax adviser',
    { failsForHours: 3, ...WITHOUT_COLUMN },
  ],
  ['erp', 'price-lists', '0 4 * * 1-5', 1_440, 120, 180_000, 'Writes the price lists of all countries'],
  ['erp', 'return-labels', '*/30 * * * *', 30, 5, 2_100, 'Prints labels for returned goods'],
  [
    'erp',
    'tax-report',
    '40 * * * *',
    60,
    40,
    2_900,
    'Reports taxes of the hour',
    { failsForHours: 2, ...WITHOUT_COLUMN },
  ],
  ['pay', 'settle-cards', '0 */2 * * *', 120, 0, 24_000, 'Settles card payments', { fails: 0.04 }],
  ['pay', 'check-bank', '*/15 6-20 * * *', 15, 7, 4_800, 'Fetches bank statements'],
  ['pay', 'remind-debtors', '0 9 * * 1-5', 1_440, 420, 61_000, 'Sends reminders for open invoices'],
  ['pay', 'fraud-scores', '*/10 * * * *', 10, 4, 7_300, 'Scores the latest payments'],
  ['bi', 'sales-of-the-day', '0 3 * * *', 1_440, 60, 310_000, 'Builds the sales report'],
  ['bi', 'refresh-dashboards', '*/30 * * * *', 30, 0, 16_000, 'Refreshes the management dashboards'],
  [
    'bi',
    'export-warehouse',
    '15 1 * * *',
    1_440,
    15,
    840_000,
    'Copies the data of the day to the warehouse',
    { fails: 0.1 },
  ],
];

const TEAMS = { crm: 'care', erp: 'supply', pay: 'money', bi: 'data' } as const;

export const JOBS: readonly PictureJob[] = GIVEN.map(
  ([application, name, pattern, everyMinutes, firstMinute, tookMs, description, other]) => ({
    ...{ application, name, pattern, everyMinutes, firstMinute, tookMs, description },
    timezone: 'Europe/Berlin',
    labels: { team: TEAMS[application] },
    fails: 0,
    failsForHours: 0,
    failure: 'try again later',
    failureStatus: 503,
    ...other,
  }),
);
