// Stands in for React and for HubSpot's SDK, so far as the card of our project needs them: it runs as it was handed out, on the record
// that the page shows. What it may reach is what its project permits.
const ask = window.fetch.bind(window);
window.fetch = undefined; // cards have none
const { permittedUrls } = (await (await ask("/hubspot/src/app/app-hsmeta.json")).json()).config;
const permit = (kind, url) => {
  if (!permittedUrls[kind].some((one) => url.startsWith(`${one}/`))) throw new Error(`not permitted: ${url}`);
};

// --- the record's page ------------------------------------------------------------------------------------------------

const dialog = document.body.appendChild(document.createElement("dialog"));
const section = document.body.appendChild(document.createElement("section"));
const close = () => {
  dialog.close();
  frame.src = "about:blank";
};
const openIframeModal = ({ uri, width, height, title }) => {
  permit("iframe", uri);
  const done = Object.assign(document.createElement("button"), { textContent: "Close", onclick: close });
  dialog.replaceChildren(title, done, Object.assign(frame, { width, height, src: uri }));
  dialog.showModal();
};
const record = () => {
  const { name, email, phone } = person(), [firstname, lastname] = name.split(" ");
  return { email, phone, firstname, lastname };
};
const fetchCrmObjectProperties = async (names) => {
  const known = record();
  return Object.fromEntries(names.map((one) => [one, known[one] ?? null]));
};

// --- React ------------------------------------------------------------------------------------------------------------

let kept = [], at = 0, card = null;
const draw = (one) => {
  if (!one?.type) return one || "";
  if (typeof one.type === "function") return draw(one.type(one.props));
  const node = Object.assign(document.createElement(one.type), { onclick: one.props.onClick ?? null });
  node.append(...one.children.map(draw));
  return node;
};
const redraw = () => {
  at = 0;
  section.replaceChildren(draw(card));
};
export const Fragment = "div", Button = "button", Text = "p";
export const createElement = (type, props, ...children) => ({ type, props: { ...props, children }, children });
export const useState = (first) => {
  const mine = at++;
  kept[mine] ??= first;
  return [kept[mine], (value) => {
    kept[mine] = value;
    redraw();
  }];
};

// --- HubSpot ----------------------------------------------------------------------------------------------------------

export const hubspot = {
  async fetch(url, { method, body }) {
    permit("fetch", url);
    return ask("/hubspot-calls", { method: "POST", body: JSON.stringify({ url, method, body }) });
  },
  extend(make) {
    host.changed = () => {
      close();
      kept = [];
      const context = { user: { id: 77 }, portal: { id: 123 }, crm: { objectId: person().id, objectTypeId: "0-1" } };
      card = make({ context, actions: { fetchCrmObjectProperties, openIframeModal } });
      redraw();
    };
    setTimeout(host.changed);
  },
};
