"use strict";
// The card while it is being written: how long it is, and what is tapped goes into it. Without it the desk says the same once it is
// saved, see desk/card_paper.py and rules/card_sizes.py, which count alike.
(() => {
  const PAUSE_MS = 1000;
  const WIDE = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
  const UNSEEN = /^\p{Cf}+$/u;
  const segmenter = window.Intl?.Segmenter && new Intl.Segmenter();
  const clusters = (text) => (segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment)
    : text.match(/\p{RI}{2}|.(?:\p{M}|\p{Emoji_Modifier}|\u200d.)*/gsu) ?? []).filter((one) => !UNSEEN.test(one));

  // Words as pairs: the blanks before it, the columns it takes. A wide character is a word by itself.
  const words = (line) => {
    const found = [];
    let blanks = 0, columns = 0;
    const end = (width) => {
      if (width) found.push([blanks, width]);
      if (width) blanks = 0;
      columns = 0;
    };
    for (const one of clusters(line)) {
      const wide = WIDE.test(one), blank = one === " " || one === "\t";
      if (wide || blank) end(columns);
      if (wide) end(2);
      else if (blank) blanks += 1;
      else columns += 1;
    }
    end(columns);
    return found;
  };
  const wrapped = (line, across) => {
    let lines = 1, used = 0;
    for (let [blanks, columns] of words(line)) {
      if (used && used + blanks + columns > across) [lines, used, blanks] = [lines + 1, 0, 0];
      used += blanks + columns;
      if (used > across) [lines, used] = [lines + Math.floor((used - 1) / across), (used - 1) % across + 1];
    }
    return lines;
  };
  const needed = (text, across) => text.split("\n").reduce((sum, line) => sum + wrapped(line, across), 0);

  // Patterns in the reader's language, see `patterns` in rules/card_sizes.py; plurals in the order of CLDR's kinds.
  const KINDS = ["zero", "one", "two", "few", "many", "other"];
  const plurals = new Intl.PluralRules(document.documentElement.lang || "en");
  const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const some = (number, forms) => fill(forms[KINDS.indexOf(plurals.select(number))], { n: number });
  const judge = (typed, rooms, says) => {
    const text = typed.trim(), length = clusters(text).length, [[paper, across, lines]] = rooms;
    const say = (name, values) => fill(says[name][0], { characters: some(length, says.characters), lines: some(lines, says.lines), ...values });
    if (!length) return [false, say("room", { across })];
    const taken = needed(text, across);
    if (taken <= lines) return [false, say(lines - taken < 2 ? "full" : "more", { needed: taken })];
    const better = rooms.find(([, narrow, high]) => needed(text, narrow) <= high);
    return [true, say(better ? "elsewhere" : "shorten", { lines: some(taken - lines, says.lines), paper, other: better?.[0] })];
  };

  // What the eye sees at once is read out when the hands rest.
  let resting;
  const count = (area) => {
    const paper = area.closest(".paper"), shown = document.getElementById(area.dataset.counts);
    const [over, sentence] = judge(area.value, JSON.parse(area.dataset.rooms), JSON.parse(area.dataset.says));
    paper.classList.toggle("is-over", over);
    shown.textContent = sentence;
    clearTimeout(resting);
    const said = shown.nextElementSibling;
    if (area === document.activeElement) resting = setTimeout(() => { said.textContent = sentence; }, PAUSE_MS);
  };

  // A fact or a beginning that is tapped goes to where the writing is; the dots at its end wait to be written over.
  const reached = new WeakSet();
  const take = (area, text) => {
    const at = reached.has(area) ? area.selectionStart : area.value.length;
    const before = area.value.slice(0, at), after = area.value.slice(reached.has(area) ? area.selectionEnd : at);
    const put = `${before && !/\s$/.test(before) ? " " : ""}${text}${after && !/^\s/.test(after) ? " " : ""}`;
    area.focus();
    if (!reached.has(area)) area.setSelectionRange(at, at);
    // The one way that "undo" takes back again; where it is gone, the text goes in all the same.
    if (!document.execCommand?.("insertText", false, put)) {
      area.setRangeText(put, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    reached.add(area);
    const dots = area.value.lastIndexOf("…", area.selectionStart);
    if (dots >= at) area.setSelectionRange(dots, dots + 1);
  };
  const offer = (list) => {
    const area = document.getElementById(list.dataset.takes);
    for (const words of area ? list.querySelectorAll(".words") : []) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "take", dir: "auto" });
      button.textContent = words.textContent;
      button.addEventListener("click", () => take(area, button.textContent));
      words.replaceWith(button);
    }
  };

  const arrive = (root) => {
    for (const paper of root.querySelectorAll("[data-wide]")) {
      paper.style.setProperty("--wide", paper.dataset.wide);
      paper.style.setProperty("--edge-mm", paper.dataset.edge);
    }
    root.querySelectorAll("textarea[data-rooms]").forEach(count);
    root.querySelectorAll("[data-takes]").forEach(offer);
  };
  document.addEventListener("input", ({ target }) => {
    if (target.dataset.rooms) count(target);
  });
  document.addEventListener("focusout", ({ target }) => {
    if (target.dataset?.rooms) reached.add(target);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => arrive(target));
  arrive(document);
})();
