"use strict";
// A click on the icon opens the panel and, by that, lets it read this tab. `openPanelOnActionClick` would open it too, but
// then Chrome tells nobody of the click and grants nothing.
const api = globalThis.browser ?? chrome;

api.action.onClicked.addListener((tab) => {
  // At once: after an `await` neither browser believes in the click any more.
  const opened = api.sidePanel ? api.sidePanel.open({ windowId: tab.windowId }) : api.sidebarAction.open();
  opened.catch(() => { /* a window without room for panels, such as a pop-up */ });
  api.runtime.sendMessage({ type: "clicked", tabId: tab.id }).catch(() => { /* no panel was open to hear it */ });
});
