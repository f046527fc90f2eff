// The desk in a frame, and above it the hand that shows it whom the page is about. Nothing is read unless a button was
// pressed, or the person agreed before that this site is followed; and nothing is kept.
import { asked, choose, gather, told } from "./read.js";

const api = globalThis.browser ?? chrome;
const get = (id) => document.getElementById(id);
const words = (name, ...parts) => api.i18n.getMessage(name, parts);

const desk = get("desk");
const deskOrigin = new URL(desk.src).origin;
const LATER_MS = [0, 600, 1800]; // a page that changes without being loaded anew draws its new customer a little later
const AGAIN_MS = 1000; // the word of a click may be lost; that of a grant no browser gives

let here = null; // the tab beside us; its address is known only where it may be read
let waiting = null; // what was asked, of a tab that could not be read yet
let last = null; // what the desk was told last
let turn = 0, press = 0; // of following and of buttons: what was begun before the newest comes too late

// --- the desk ---------------------------------------------------------------------------------------------------------

const hand = (isPressed = false) =>
  desk.contentWindow.postMessage({ deskapp: 1, type: "customer", customer: last ?? {}, asked: isPressed }, deskOrigin);

// The desk says hello whenever it begins anew: at first, and after somebody signed in there.
addEventListener("message", ({ origin, source, data }) => {
  if (origin === deskOrigin && source === desk.contentWindow && data?.deskapp === 1 && data.type === "hello") hand();
});

// --- reading ----------------------------------------------------------------------------------------------------------

const say = (name, ...parts) => {
  const text = words(name, ...parts);
  if (get("read").textContent !== text) get("read").textContent = text; // or a screen reader would say it at every try
};

const read = async (tab, what) => {
  const target = { tabId: tab.id, allFrames: what === "selection" }; // a help desk may show a letter in a frame of its own
  return choose(await api.scripting.executeScript({ target, func: gather, args: asked(what) }));
};

const take = (found, source, isPressed) => {
  last = found;
  hand(isPressed);
  say(source, told(found));
};

const use = async (what) => {
  const mine = (press += 1), isSelection = what === "selection";
  turn += 1;
  waiting = null;
  const tab = await look();
  const isLate = () => mine !== press || here?.id !== tab?.id;
  try {
    const found = await read(tab, what);
    if (isLate()) return;
    if (found) take(found, isSelection ? "readSelection" : "readPage", true);
    else say(isSelection ? "noSelection" : "nobodyHere");
  } catch {
    if (isLate()) return;
    waiting = { what, tabId: tab?.id };
    say("needsClick");
  }
};

// --- following --------------------------------------------------------------------------------------------------------

const patternOf = (url) => {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname}/*`; // without the port, which Firefox refuses: all ports of that name
};
const hostOf = (pattern) => pattern.replace(/^[a-z*]+:\/\//, "").replace(/\/\*$/, "");
const followed = async () => (await api.permissions.getAll()).origins ?? [];

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const follow = async () => {
  const mine = (turn += 1), tab = await look();
  if (!tab?.url || !(await followed()).includes(patternOf(tab.url))) return;
  let found = null;
  for (const ms of LATER_MS) {
    await pause(ms);
    if (mine !== turn) return;
    found = await read(tab, "page").catch(() => null);
    if (mine !== turn) return;
    if (found && told(found) !== (last && told(last))) break;
  }
  if (found) take(found, "readFollowed", false);
  else say("nobodyHere");
};

// --- what is shown ----------------------------------------------------------------------------------------------------

const look = async () => {
  [here] = await api.tabs.query({ active: true, currentWindow: true });
  const all = await followed(), url = here?.url ?? "";
  const isNew = url.startsWith("https:") && !all.includes(patternOf(url));
  get("follow").hidden = !isNew;
  get("how").hidden = isNew || all.some((one) => url && one === patternOf(url));
  if (isNew) get("follow").textContent = words("follow", hostOf(patternOf(url)));
  list(all);
  return here;
};

const settle = () => get("more").focus(); // the button that was pressed is gone

const row = (pattern) => {
  const line = document.createElement("li"), name = document.createElement("span"), stop = document.createElement("button");
  name.textContent = hostOf(pattern);
  stop.textContent = words("stop");
  stop.ariaLabel = words("stopSite", name.textContent);
  stop.addEventListener("click", () => api.permissions.remove({ origins: [pattern] }).then(settle));
  line.append(name, stop);
  return line;
};

const list = (all) => {
  if (get("sites").dataset.shown === String(all)) return; // whoever stands on a button there goes on standing on it
  get("sites").dataset.shown = String(all);
  get("sites").replaceChildren(...all.map(row));
};

get("selection").addEventListener("click", () => use("selection"));
get("page").addEventListener("click", () => use("page"));
get("follow").addEventListener("click", () => {
  // At once: after an `await` the click no longer counts.
  api.permissions.request({ origins: [patternOf(here.url)] }).then((isGranted) => isGranted && settle());
});
api.permissions.onAdded.addListener(follow);
api.permissions.onRemoved.addListener(() => {
  turn += 1;
  look();
});
api.tabs.onActivated.addListener(follow);
api.tabs.onUpdated.addListener((tabId, { status, url }) => {
  if (tabId === here?.id && (status || url)) follow();
});
api.runtime.onMessage.addListener(async (message) => {
  await look(); // its address is known from now on
  if (waiting && waiting.tabId === message.tabId) use(waiting.what);
});
setInterval(() => {
  if (waiting && waiting.tabId === here?.id) use(waiting.what);
}, AGAIN_MS);

document.documentElement.lang = words("lang"); // of these messages: the browser may speak one that is not among them
document.documentElement.dir = words("dir");
for (const one of document.querySelectorAll("[data-words]")) one.textContent = words(one.dataset.words);
get("id").textContent = location.host;
desk.title = words("name");
follow();
