"use strict";
// An app in Help Scout's sidebar, in the words of its own script (@helpscout/javascript-sdk 0.10.0). The address of the frame has signed two
// numbers of Help Scout's; e-mail, phone and name are said by the page, when it is asked and when somebody else is on its screen.
window.deskHost?.begin((desk) => {
  const app = { appId: window.name.replace(/app-side-panel-|app-/, ""), iframeId: window.name };
  const signed = new URLSearchParams(location.search);
  // Whom the address alone has found stays as it is: nothing that the page says about them proves as much.
  let isFound = Boolean(document.getElementById("detail")?.dataset.path);
  const isSigned = (conversation, who) => [conversation?.id, who?.id].join() === [signed.get("conversation-id"), signed.get("customer-id")].join();

  desk.listen((said) => {
    if (said?.type !== "SEND_APP_CONTEXT") return;
    const { conversation, customer: who } = said;
    if (isFound && isSigned(conversation, who)) return;
    isFound = false;
    desk.follow({
      external_id: who?.id,
      email: who?.emails?.[0]?.value,
      phone: who?.phones?.[0]?.value,
      name: [who?.firstName, who?.lastName].filter(Boolean).join(" "),
      ticket: conversation?.id,
    });
  });
  if (!isFound) desk.askUntilTold(() => desk.send({ type: "GET_APP_CONTEXT", ...app }));
  desk.tellHeight((value) => desk.send({ type: "SET_APP_HEIGHT", value, ...app }));
});
