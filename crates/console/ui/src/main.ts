// Starts the console: policy first, then what every page needs, then the page.
import './trusted-types';
import './app.css';
import { mount } from 'svelte';
import { session } from './session/session.svelte';
import App from './shell/App.svelte';
import { keys } from './shell/keys.svelte';
import { router } from './shell/router.svelte';
import { site } from './shell/site.svelte';
import { look } from './shell/theme.svelte';
import { speech } from './words/words.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

look.begin();
keys.begin();
router.begin();
await speech.begin();
mount(App, { target });
void site.begin();
void session.begin();
