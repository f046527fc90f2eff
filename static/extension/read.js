// What is taken from a page, and what it may be. Everything in a page is written by strangers: it is cut, checked, shown.

const LONGEST = 200; // characters of one piece, as in the desk's own fields; a longer one is dropped, for half an address is another's
const MOST = 20; // pieces of one page

const UNSEEN = /[\p{Cc}\p{Cf}]+/gu; // marks that change how text looks, or end a line
const EMAIL =
  "(?<![\\p{L}\\p{N}._%+\\-])[\\p{L}\\p{N}_+][\\p{L}\\p{N}._%+'\\-]{0,63}@(?:[\\p{L}\\p{N}\\-]{1,63}\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}_\\-])";
const PHONE = /^\+?[\d\s()./-]{6,24}$/;
const NUMBER = /^#?\s?[a-z0-9]{1,20}(?:[-_/][a-z0-9]{1,20}){0,4}$/i;
const FEWEST_DIGITS = 7, MOST_DIGITS = 15; // of a phone number; no country has more

/** Runs inside the page, alone: nothing around it goes along. Gives back a few short pieces, never the page. */
export function gather(what, email, longest, most) {
  const TEXT = 100_000;
  const addresses = (text) => text.slice(0, text.length > TEXT ? text.lastIndexOf(" ", TEXT) + 1 : TEXT).match(new RegExp(email, "giu")) ?? [];
  const selected = () => {
    const field = document.activeElement; // a password is never read
    const isText = field?.matches?.("textarea, input:is(:not([type]), [type=text], [type=search], [type=tel], [type=url])");
    const marked = isText ? field.value.slice(field.selectionStart, field.selectionEnd) : "";
    const text = marked || String(getSelection() ?? "");
    return [...addresses(text), text.trim()];
  };
  const contacts = (root) => {
    const links = [...(root?.querySelectorAll('a[href^="mailto:" i], a[href^="tel:" i]') ?? [])].filter((one) => one.checkVisibility());
    return [...links.map((one) => one.getAttribute("href")), ...addresses(root?.innerText ?? "")];
  };
  // Outside of what is the page's matter stand who is signed in and the site's own address.
  const pieces = what === "selection" ? selected() : [...contacts(document.querySelector("main, [role=main]")), ...contacts(document.body)];
  return pieces.filter((one) => one && one.length <= longest).slice(0, most);
}

const plain = (text) => (typeof text === "string" && text.length <= LONGEST ? text : "").normalize("NFKC").replace(UNSEEN, " ").trim();

const linked = (text) => {
  const [, rest] = /^(?:mailto|tel):([^?]*)/i.exec(text) ?? [];
  try {
    return rest === undefined ? text : decodeURIComponent(rest);
  } catch {
    return "";
  }
};

/** `{ email }`; or `{ phone, external_id }`, one or both, since digits may be either; null where it is none of them. */
export const understand = (text) => {
  const words = plain(linked(plain(text)));
  const email = new RegExp(EMAIL, "iu").exec(words)?.[0];
  if (email) return { email };
  const digits = words.replace(/\D/g, "").length, found = {};
  if (PHONE.test(words) && digits >= FEWEST_DIGITS && digits <= MOST_DIGITS) found.phone = words;
  if (NUMBER.test(words) && digits) found.external_id = words.replace(/^#\s?/, "");
  return Object.keys(found).length ? found : null;
};

/** Of what a tab's frames gave back, as anybody may have shaped it, the first piece that is something. */
export const choose = (results) => {
  const pieces = results.flatMap(({ result }) => (Array.isArray(result) ? result.slice(0, MOST) : []));
  return pieces.map(understand).find(Boolean) ?? null;
};

export const told = (found) => found.email ?? found.phone ?? found.external_id;
export const asked = (what) => [what, EMAIL, LONGEST, MOST];
