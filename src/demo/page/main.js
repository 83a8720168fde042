/** @import { ActionPayload, Message, Person, Snapshot } from "./types.js" */
/** @import { State } from "./store.js" */
import { readAddress, writeAddress } from "./address.js";
import { call } from "./api.js";
import { createChannel, placeOf, rootsOf } from "./channel.js";
import { byId } from "./element.js";
import { answersOf } from "./form.js";
import { createGuide, EXAMPLE } from "./guide.js";
import { createHome, HOME } from "./home.js";
import { createLive } from "./live.js";
import { createModal } from "./modal.js";
import { encode } from "./mrkdwn.js";
import { namesOf } from "./names.js";
import { createPane } from "./pane.js";
import { createReadMarks } from "./read-marks.js";
import { createSidebar } from "./sidebar.js";
import { createStore } from "./store.js";
import { createSwitcher } from "./switcher.js";
import { createThread } from "./thread.js";
import { toast } from "./toast.js";

const address = readAddress(location.hash);
const store = createStore({
  me: address.me ?? "U0ALICE",
  snapshot: null,
  place: address.place ?? "",
  thread: address.thread,
  pane: address.thread ? "thread" : null,
  menu: false,
  online: true,
});
const marks = createReadMarks(sessionStorage);
const live = createLive({ changed: () => void refresh(), online: (online) => store.set({ online }) });

/** Whether a call worked; if not, the reader is told why. @param {string} path @param {object} body */
async function post(path, body) {
  try {
    await call(path, { as: store.get().me, ...body });
    await refresh();
    return true;
  } catch (thrown) {
    toast(thrown instanceof Error ? thrown.message : String(thrown));
    return false;
  }
}

let asked = 0;
let answered = 0;

/** The newest question wins: an answer that was overtaken, or is about someone else by now, is dropped. */
async function refresh() {
  const { me } = store.get();
  const number = (asked += 1);
  const snapshot = await call(`/workspace?as=${encodeURIComponent(me)}`).catch(() => null);
  if (!snapshot || me !== store.get().me || number < answered) return;
  answered = number;
  marks.start(snapshot);
  guide.update(snapshot);
  store.set({ snapshot, ...newThread(snapshot), ...homeFor(snapshot) });
}

/** A thread that the bot has just begun here opens by itself, where there is room beside. @param {Snapshot} snapshot @returns {Partial<State>} */
function newThread(snapshot) {
  const before = store.get();
  if (before.pane || before.snapshot?.me.id !== snapshot.me.id || !matchMedia("(min-width: 1041px)").matches) return {};
  const known = new Set(before.snapshot.messages[before.place]?.filter(begun).map(({ ts }) => ts));
  const fresh = (snapshot.messages[before.place] ?? []).findLast((message) => begun(message) && !known.has(message.ts));
  return fresh ? { thread: fresh.ts, pane: "thread" } : {};
}

/** @param {Message} message */
const begun = ({ bot, reply_count }) => bot !== undefined && (reply_count ?? 0) > 0;

/** Where to be when the place of before isn't there for this person. @param {Snapshot} snapshot @returns {Partial<State>} */
function homeFor({ channels, dms }) {
  const { place } = store.get();
  if (place === HOME) return {};
  if ([...channels, ...dms].some(({ id }) => id === place)) return {};
  const home = channels.find(({ name }) => name.startsWith("inc-")) ?? channels[0];
  return { place: home?.id ?? "", thread: null, pane: null };
}

/** @param {string} place @param {Partial<State>} [more] */
function open(place, more = {}) {
  const pane = store.get().pane === "console" ? "console" : null;
  store.set({ place, thread: null, pane, menu: false, ...more });
}

/** @param {string} id @param {Partial<State>} [more] */
function become(id, more = {}) {
  if (id === store.get().me) return store.set({ menu: false, ...more });
  store.set({ me: id, snapshot: null, thread: null, pane: null, menu: false, ...more });
  live.listen(id);
  void refresh();
  if (store.get().place === HOME) void post("/workspace/open-home", {});
}

function openHome() {
  open(HOME);
  void post("/workspace/open-home", {});
}

/** @param {{ ts: string }} message */
const openThread = ({ ts }) => store.set({ thread: ts, pane: "thread" });

/** Commands go as typed; Slack's clients escape what is said. @param {string} text @param {string} [thread] */
function send(text, thread) {
  const { place } = store.get();
  if (text.startsWith("/") && !thread) return post("/workspace/command", { channel: place, text });
  return post("/workspace/message", { channel: place, text: encode(text), ...(thread ? { thread_ts: thread } : {}) });
}

/** @param {Message} message @param {ActionPayload} payload */
const act = ({ ts }, payload) => post("/workspace/click", { channel: store.get().place, ts, ...payload });

/** @param {State} state @returns {Person[]} */
const cast = ({ snapshot }) => (snapshot?.people ?? lastPeople).filter(({ is_bot, deleted }) => !is_bot && !deleted);
/** @type {Person[]} */
let lastPeople = [];

/** @param {string} name */
const idOf = (name) => cast(store.get()).find((person) => person.name === name)?.id ?? store.get().me;

/** @param {RegExp} name */
const channelLike = (name) => store.get().snapshot?.channels.find((channel) => name.test(channel.name))?.id;

const guide = createGuide(
  {
    ask() {
      become(idOf("alice"), { place: channelLike(/^inc-/) ?? store.get().place });
      channel.fill(EXAMPLE);
    },
    async approve() {
      become(idOf("carol"));
      // A channel that only Carol is in is not known before she is there.
      await refresh();
      open(channelLike(/^approvals$/) ?? store.get().place);
    },
    async use() {
      become(idOf("alice"));
      await refresh();
      open(store.get().snapshot?.dms[0]?.id ?? store.get().place, { pane: "console" });
    },
    judge() {
      become(idOf("bob"), { place: channelLike(/^inc-/) ?? store.get().place });
    },
    watch() {
      const place = channelLike(/^inc-/) ?? store.get().place;
      const roots = rootsOf(store.get().snapshot?.messages[place] ?? []);
      const told = roots.findLast((message) => message.bot !== undefined && message.reply_count);
      open(place, told ? { thread: told.ts, pane: "thread" } : {});
    },
  },
  sessionStorage,
);
const channel = createChannel({ send, act, openThread });
const drawHome = createHome({ open: openHome, act: (payload) => post("/workspace/click-home", payload) });
const drawThread = createThread({ send: (text) => send(text, store.get().thread ?? undefined), act });
const drawPane = createPane(store, { queried: () => guide.done("use") });
const drawSwitcher = createSwitcher({ become, cast });
const drawSidebar = createSidebar({
  open,
  unread: (place) => marks.unread(store.get().me, place, store.get().snapshot?.messages[place] ?? []),
});
const modal = createModal({
  submit: (view, values) => post("/workspace/submit", { view_id: view.id, values: answersOf(values) }),
  close: (view) => post("/workspace/close", { view_id: view.id }),
  act: (view, payload) => post("/workspace/view-action", { view_id: view.id, ...payload }),
});

store.subscribe((state) => {
  byId("offline", HTMLElement).hidden = state.online;
  if (state.snapshot) lastPeople = state.snapshot.people;
  drawSwitcher(state);
  if (!state.snapshot) return modal.update(null, { person: String, channel: String, group: String });
  const names = namesOf(state.snapshot);
  if (document.visibilityState === "visible")
    marks.see(state.me, state.place, state.snapshot.messages[state.place] ?? []);
  drawSidebar(state, names);
  channel.update(state, names);
  drawHome(state, names);
  drawThread(state, names);
  drawPane(state);
  modal.update(state.snapshot.view, names);
  history.replaceState(null, "", writeAddress(state));
  document.title = `${titleAt(state, names)} · ${state.snapshot.team.name}`;
});

/** @param {State} state @param {ReturnType<typeof namesOf>} names */
function titleAt(state, names) {
  if (state.place === HOME) return "Home";
  return "with" in (placeOf(state) ?? {}) ? "Direct message" : `#${names.channel(state.place)}`;
}

byId("run-drill", HTMLButtonElement).addEventListener("click", () => {
  open(channelLike(/^incidents$/) ?? store.get().place, { pane: null });
  void post("/workspace/command", { channel: store.get().place, text: "/breakglass drill orders-db" });
});
byId("menu", HTMLButtonElement).addEventListener("click", () => store.set({ menu: !store.get().menu }));
byId("veil", HTMLElement).addEventListener("click", () => store.set({ menu: false }));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && store.get().menu) store.set({ menu: false });
});
live.listen(store.get().me);
void refresh();
if (store.get().place === HOME) void post("/workspace/open-home", {});
