import { render } from 'preact';
import { followEvents } from './api/live.ts';
import { PREFIX } from './api/prefix.ts';
import { session, takeLink } from './api/session.ts';
import { App } from './app.tsx';
import { now } from './components/clock.ts';
import { listenToKeys } from './components/keys.ts';
import { applyTheme } from './components/preferences.ts';
import { loadAhead } from './pages/index.ts';
import './style/index.css';

applyTheme();
listenToKeys();
const ahead = loadAhead(location.pathname.slice(`${PREFIX}/ui`.length) || '/');
const rejectedLink = await takeLink();
const isRecalled = session.recall(now.value);
if (!isRecalled) await session.load();
await ahead;

const root = document.querySelector('#app');
if (root !== null) render(<App rejectedLink={rejectedLink} />, root);
// Fetches the page's data first, because browsers limit simultaneous requests.
if (isRecalled) void session.load();
followEvents();
