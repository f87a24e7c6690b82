import { describeEventStore } from './event-store.ts';
import { fakeEventStoreDbLog } from './event-store-eventstoredb-log.ts';
import { serverLog } from './event-store-eventstoredb-server.ts';

describeEventStore('eventstoredb', fakeEventStoreDbLog);

const url = process.env.EVENTSTORE_URL;
if (url) describeEventStore('eventstoredb, the server at EVENTSTORE_URL', () => serverLog(url));
