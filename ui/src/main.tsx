import { render } from 'preact';
import { PREFIX } from './api/client.ts';
import { followEvents } from './api/live.ts';
import { session, signInByLink } from './api/session.ts';
import { App } from './app.tsx';
import { loadAhead } from './pages/index.ts';
import { listenToKeys } from './parts/keys.ts';
import { applyTheme } from './parts/preferences.ts';
import './style/index.css';

applyTheme();
loadAhead(location.pathname.slice(`${PREFIX}/ui`.length) || '/');
listenToKeys();
const refusedLink = await signInByLink();
if (session.current.value === undefined) await session.load();
followEvents();

const root = document.querySelector('#app');
if (root !== null) render(<App refusedLink={refusedLink} />, root);
