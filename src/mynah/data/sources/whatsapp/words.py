"""What WhatsApp itself writes into an export, one block a language. To correct a language, correct its block.

Phrases are separated by `|`. Case, invisible marks and a full stop at the end do not matter. Where the phrases come
from: strings of the apps as several public readers of exports list them (Android 2.8, iOS 22.24), and small public test
files. What is behind `# unverified` is what a speaker of the
language would expect, seen nowhere; a wrong phrase there does no harm, as it never occurs. Months and words for halves
of the day are those of the Unicode CLDR. A phrase that is missing here is still known by its structure where iOS marks
it with U+200E, or where it names a file of the zip (`bodies.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The phrases of one language; an empty string where none is known."""

    media: str = ""  # Android, between < and >, for a file that was not exported
    omitted: str = ""  # iOS, for the same, by the kind of file
    attached: str = ""  # Android: `FILE (…)`
    attached_ios: str = ""  # iOS: `<…: FILE>`
    deleted: str = ""
    edited: str = ""  # between < and >, behind the text
    location: str = ""  # before `: https://maps…`
    live: str = ""  # a location that moves
    waiting: str = ""  # a message that had not arrived yet
    missed: str = ""  # a call that was missed
    call: str = ""  # a call, before its length: `Voice call. 12 min`
    unanswered: str = ""  # in place of the length
    banner: str = ""  # how the notice of encryption begins
    event: str = ""  # a pattern of what happens in notices, to tell `Ann changed the group to "a: b"` from a name
    poll: str = ""  # before the question of a poll, and before each option
    am: str = ""
    pm: str = ""
    months: str = ""  # beginnings of their names, January first; `,` between two spellings


LANGUAGES = {
    "en": Language(
        media="Media omitted|Video message omitted|View once voice message omitted|Voice message omitted|Image omitted"
        "|Video omitted|Audio omitted|Document omitted|Sticker omitted|GIF omitted|Contact card omitted"
        "|Location omitted|Live location omitted",
        omitted="image omitted|video omitted|audio omitted|sticker omitted|GIF omitted|document omitted"
        "|Contact card omitted|video note omitted|voice message omitted|video message omitted|media omitted"
        "|GIF attached",
        attached="file attached",
        attached_ios="attached",
        deleted="This message was deleted|You deleted this message|Message deleted|You deleted this message as admin"
        "|This message was deleted by an admin",
        edited="This message was edited",
        location="location|live location",
        live="live location shared",
        waiting="Waiting for this message. This may take a while|Waiting for this message"
        "|You received a view once message. For added privacy, you can only open it on your phone",
        missed="Missed voice call|Missed video call|Missed group voice call|Missed group video call",
        call="Voice call|Video call|Group voice call|Group video call",
        unanswered="No answer|Declined|Tap to call back|Answered on another device",
        banner="Messages and calls are end-to-end encrypted|Messages to this group are now secured with end-to-end"
        "|Messages to this chat and calls are now secured",
        event=" created (?:this )?group| changed (?:the|this) (?:subject|group|chat)| changed their phone number"
        "| joined using| added | removed | pinned a message| now an admin| no longer an admin|security code "
        "|end-to-end encr|disappearing messages| (?:un)?blocked this contact| is a contact"
        "| started a (?:voice |video )?call| turned (?:on|off) ",
        poll="POLL|OPTION",
        am="a.m.",
        pm="p.m.",
        months="jan feb mar apr may jun jul aug sep oct nov dec",
    ),
    "de": Language(
        media="Medien ausgeschlossen|Medien weggelassen",
        omitted="Bild weggelassen|Video weggelassen|Audio weggelassen|Sticker weggelassen|GIF weggelassen"
        "|Dokument weggelassen|Kontaktkarte ausgelassen",
        attached="Datei angehängt",
        attached_ios="Anhang|angehängt",
        deleted="Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht",
        edited="Diese Nachricht wurde bearbeitet",
        location="Standort",
        live="Live-Standort wird geteilt",
        waiting="Diese Nachricht wird geladen. Dies kann eine Weile dauern",
        missed="Verpasster Sprachanruf|Verpasster Videoanruf",
        call="Sprachanruf|Videoanruf",  # unverified
        unanswered="Keine Antwort",  # unverified
        banner="Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt",
        event=" hat die Gruppe | hat .+ hinzugefügt| hat .+ entfernt|Sicherheitsnummer | hat den Betreff "
        "| hat das Gruppenbild | hat eine neue Telefonnummer",
        poll="UMFRAGE|OPTION",  # unverified
        am="morgens|vorm.|nachts",
        pm="mittags|nachm.|abends",
        months="jan,jän feb mär,mrz apr mai jun jul aug sep okt nov dez",
    ),
    "es": Language(
        media="Multimedia omitido|Archivo omitido",
        omitted="imagen omitida|Video omitido|audio omitido|sticker omitido|GIF omitido|documento omitido"
        "|Tarjeta de contacto omitida",
        attached="archivo adjunto|archivo adjuntado",
        attached_ios="adjunto",
        deleted="Se eliminó este mensaje|Este mensaje fue eliminado|Eliminaste este mensaje",
        edited="Se editó este mensaje|Este mensaje fue editado",
        location="ubicación",
        live="ubicación en tiempo real compartida",
        missed="Llamada perdida|Llamada de voz perdida|Videollamada perdida",
        call="Llamada de voz|Videollamada",  # unverified
        unanswered="Sin respuesta",  # unverified
        banner="Los mensajes y las llamadas están cifrados|Tus mensajes y llamadas ahora están protegidos",
        event=" creó (?:el|este) grupo| añadió a | agregó a | eliminó a | salió del grupo|código de seguridad "
        "| cambió (?:el asunto|el nombre|la foto|la descripción|la imagen|el ícono)",
        poll="ENCUESTA|OPCIÓN",  # unverified
        months="ene feb mar abr may jun jul ago sep,set oct nov dic",
    ),
    "pt": Language(  # Brazil
        media="Mídia oculta|Mídia omitida|Arquivo de mídia oculto",
        omitted="imagem ocultada|vídeo omitido|áudio ocultado|figurinha omitida|GIF omitido|documento omitido"
        "|Cartão do contato omitido",
        attached="arquivo anexado",
        attached_ios="anexado",
        deleted="Mensagem apagada|Esta mensagem foi apagada|Você apagou esta mensagem",
        edited="Mensagem editada|Esta mensagem foi editada",
        location="localização",
        live="localização atual compartilhada",
        missed="Chamada de voz perdida|Chamada de vídeo perdida|Ligação de voz perdida|Ligação de vídeo perdida",
        call="Chamada de voz|Chamada de vídeo|Ligação de voz|Ligação de vídeo",  # unverified
        unanswered="Não atendida|Sem resposta",  # unverified
        banner="As mensagens e as chamadas são protegidas|As mensagens e ligações são protegidas"
        "|Suas chamadas e mensagens estão seguras",
        event=" criou (?:o|este) grupo| mudou (?:o|a) | alterou (?:o|a) | adicionou | removeu | saiu do grupo"
        "| entrou usando |código de segurança ",
        poll="ENQUETE|OPÇÃO",  # unverified
        months="jan fev mar abr mai jun jul ago set out nov dez",
    ),
    "pt-pt": Language(
        media="Ficheiro não revelado",
        omitted="imagem não revelada|vídeo não revelado|ficheiro de áudio não revelado|áudio não revelado"
        "|sticker não revelado|figurinha não revelada|GIF não revelada|GIF não revelado|documento não revelado"
        "|Contacto não revelado",
        attached="ficheiro anexado",
        attached_ios="anexo",
        deleted="Esta mensagem foi apagada pelo remetente|Apagou esta mensagem",
        live="Está a partilhar a sua localização",
        missed="Videochamada perdida",
        banner="As mensagens e chamadas são encriptadas|As mensagens e as chamadas são encriptadas",
    ),
    "fr": Language(
        media="Médias omis|Fichier omis",
        omitted="image absente|vidéo absente|audio omis|sticker omis|GIF omis|GIF retiré|document manquant"
        "|Fiche contact manquante",
        attached="fichier joint",
        attached_ios="pièce jointe",
        deleted="Ce message a été supprimé|Vous avez supprimé ce message",
        edited="Ce message a été modifié",
        location="localisation",
        live="Localisation en direct partagée",
        waiting="En attente de ce message. Cela peut prendre un moment",  # unverified
        missed="Appel vocal manqué|Appel vidéo manqué",
        call="Appel vocal|Appel vidéo",  # unverified
        unanswered="Pas de réponse|Aucune réponse",  # unverified
        banner="Les messages et les appels sont chiffrés|Vos messages et vos appels sont protégés",
        event=" a créé le groupe| a ajouté | a retiré | a quitté le groupe| a changé (?:le|la|l'|cette) ?"
        "| a modifié (?:le|la|l')|code de sécurité ",
        poll="SONDAGE|OPTION",  # unverified
        months="janv févr mars avr mai juin juil août,aout sept oct nov déc",
    ),
    "it": Language(
        media="Media omessi|Media omesso",
        omitted="immagine omessa|video omesso|audio omesso|sticker non incluso|GIF esclusa|documento omesso"
        "|Scheda contatto omessa",
        attached="file allegato",
        attached_ios="allegato",
        deleted="Questo messaggio è stato eliminato|Hai eliminato questo messaggio",
        edited="Questo messaggio è stato modificato",
        location="posizione",
        live="posizione attuale condivisa",
        waiting="In attesa del messaggio. Potrebbe richiedere un po' di tempo",  # unverified
        missed="Chiamata vocale persa|Videochiamata persa",
        call="Chiamata vocale|Videochiamata",  # unverified
        unanswered="Nessuna risposta",  # unverified
        banner="I messaggi e le chiamate sono crittografati|I tuoi messaggi e le tue chiamate sono protetti",
        event=" ha creato il gruppo| ha aggiunto | ha rimosso | ha abbandonato il gruppo| ha lasciato il gruppo"
        "| ha cambiato (?:l'|la |il )| ha modificato l'oggetto|codice di sicurezza ",
        poll="SONDAGGIO|OPZIONE",  # unverified
        months="gen feb mar apr mag giu lug ago set ott nov dic",
    ),
    "nl": Language(
        media="Media weggelaten",
        omitted="afbeelding weggelaten|video weggelaten|audio weggelaten|sticker weggelaten|GIF weggelaten"
        "|document weggelaten|Visitekaartje weggelaten",
        attached="bestand bijgevoegd",
        attached_ios="bijgevoegd",
        deleted="Dit bericht is verwijderd|U hebt dit bericht verwijderd|Je hebt dit bericht verwijderd",
        edited="Dit bericht is bewerkt",
        location="locatie",
        live="live locatie gedeeld",
        waiting="Wachten op dit bericht. Dit kan even duren",  # unverified
        missed="Gemist spraakgesprek|Gemist videogesprek|Gemiste spraakoproep|Gemiste video-oproep",
        call="Spraakgesprek|Videogesprek|Spraakoproep|Video-oproep",  # unverified
        unanswered="Geen antwoord|Niet beantwoord",  # unverified
        banner="Berichten en gesprekken worden|Berichten en oproepen zijn end-to-end|Uw oproepen en berichten zijn",
        event=" heeft de groep | heeft groep | heeft .+ toegevoegd| heeft .+ verwijderd| heeft het onderwerp "
        "| heeft de groepsfoto |[Bb]eveiligingscode ",
        poll="PEILING|OPTIE",  # unverified
        months="jan feb mrt,maa apr mei jun jul aug sep okt nov dec",
    ),
    "ru": Language(
        media="Без медиафайлов|Файл пропущен",
        omitted="изображение отсутствует|видео отсутствует|аудиофайл отсутствует|стикер не добавлен|GIF отсутствует"
        "|документ отсутствует|Карточка контакта отсутствует",
        attached="файл добавлен",
        attached_ios="прикреплено",
        deleted="Данное сообщение удалено|Вы удалили данное сообщение|Вы удалили это сообщение",
        edited="Это сообщение изменено|Сообщение изменено",
        location="местоположение",
        live="Геоданные отправлены",
        waiting="Ожидание сообщения. Это может занять некоторое время",  # unverified
        missed="Пропущенный аудиозвонок|Пропущенный видеозвонок",
        call="Аудиозвонок|Видеозвонок",  # unverified
        unanswered="Нет ответа",  # unverified
        banner="Сообщения и звонки защищены|Ваши сообщения и звонки защищены",
        event=r" создал(?:а|\(а\))? группу| добавил(?:а|\(а\))? | удалил(?:а|\(а\))? | покинул(?:а|\(а\))? группу"
        r"| изменил(?:а|\(а\))? (?:тему|название|значок|описание|изображение|номер)|[Кк]од безопасности ",
        poll="ОПРОС|ВАРИАНТ",  # unverified
        am="ДП",
        pm="ПП",
        months="янв фев мар апр мая,май июн июл авг сен окт ноя дек",
    ),
    "tr": Language(
        media="Medya dahil edilmedi|Medya atlanmış",
        omitted="görüntü dahil edilmedi|video dahil edilmedi|ses dahil edilmedi|Çıkartma dahil edilmedi"
        "|GIF dahil edilmedi|belge dahil edilmedi|Kişi kartı dahil edilmedi",
        attached="dosya ekli",
        attached_ios="eklendi",
        deleted="Bu mesaj silindi|Bu mesajı sildiniz",
        edited="Bu mesaj düzenlendi",
        location="konum",
        live="Mevcut konum paylaşıldı",
        waiting="Bu mesaj bekleniyor. Bu biraz zaman alabilir",  # unverified
        missed="Cevapsız sesli arama|Cevapsız görüntülü arama",
        call="Sesli arama|Görüntülü arama",  # unverified
        unanswered="Cevap yok|Yanıt yok",  # unverified
        banner="Mesajlar ve aramalar uçtan uca|Mesajlarınız artık uçtan uca",
        event=r" grubu? oluşturdu|\bgrubunu oluşturdu| adlı kişiyi (?:ekledi|çıkardı)| kişisini (?:ekledi|çıkardı)"
        "|güvenlik kodu | gruptan ayrıldı",
        poll="ANKET|SEÇENEK",
        am="ÖÖ",
        pm="ÖS",
        months="oca şub mar nis may haz tem ağu eyl eki kas ara",
    ),
    "ar": Language(
        media="تم استبعاد الوسائط",
        omitted="لم يتم إدراج الصورة|لم يتم إدراج الفيديوهات|لم يتم إدراج المقاطع الصوتية|تم حذف الملصقات"
        "|لم يتم إدراج صورة GIF|لم يتم إدراج المستند|لم يتم إدراج بطاقة جهة اتصال",
        attached="الملف مرفق",
        attached_ios="المُرفق",
        deleted="تم حذف هذه الرسالة|لقد حذَفت هذه الرسالة|أنت حذفت هذه الرسالة",
        edited="تم تعديل هذه الرسالة",  # unverified
        location="الموقع|موقع",
        live="تمت مشاركة الموقع المباشر",
        missed="مكالمة صوتية فائتة|مكالمة فيديو فائتة",
        call="مكالمة صوتية|مكالمة فيديو",  # unverified
        unanswered="لا يوجد رد",  # unverified
        banner="الرسائل والمكالمات مشف|إن الرسائل التي ترسلها والمكالمات",
        event=r"أنشأ(?:ت)? المجموعة|\bأضاف(?:ت)? |\bأزال(?:ت)? |\bغادر(?:ت)?\b|رمز (?:الأمان|أمان)",  # unverified
        am="ص",
        pm="م",
        months="يناير فبراير مارس أبريل,إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    ),
    "he": Language(
        media="המדיה לא נכללה|המדיה הוסרה|מדיה הושמטה",
        omitted="התמונה הושמטה|המדיה הושמטה|סרטון הווידאו הושמט|קטע קול הושמט|השמע הושמט|סטיקר הושמט|GIF הושמט"
        "|מסמך הושמט|כרטיס איש קשר הושמט",
        attached="קובץ מצורף",
        attached_ios="מצורף",
        deleted="הודעה זו נמחקה|מחקת את ההודעה הזו|מחקת הודעה זו",
        edited="ההודעה נערכה",
        location="מיקום",
        live="משתף מיקום בשידור חי",
        missed="שיחה קולית שלא נענתה|שיחת וידאו שלא נענתה",
        call="שיחה קולית|שיחת וידאו",  # unverified
        unanswered="אין מענה|לא נענתה",  # unverified
        banner="ההודעות והשיחות מוצפנות|ההודעות שהנך שולח",
        event=r"יצר(?:/ה|ה)? את הקבוצה|הוסיפ?ף?(?:/ה|ה)? |הסיר(?:/ה|ה)? את |הצטרפ?ף?(?:/ה|ה)? (?:באמצעות|לקבוצה)"
        "|קוד האבטחה|שינה(?:/תה)? את |שינתה את ",
        am="לפנה״צ",
        pm="אחה״צ",
        months="ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ",
    ),
    "hi": Language(
        media="मीडिया के बिना",
        omitted="फ़ोटो हटाई गई|वीडियो छोड़ा गया|ऑडियो हटाई गयी|स्टिकर छोड़ा गया|GIF छोड़ा गया|डॉक्यूमेंट छोड़ा गया"
        "|कॉन्टैक्ट कार्ड छोड़ा गया",
        attached="फ़ाइल अटैच कर दी गई है|फाइल अटैच कर दी गई है",
        attached_ios="अटैच किया गया",
        deleted="यह मैसेज डिलीट कर दिया गया है|आपने यह मैसेज डिलीट किया",
        location="स्थान|लोकेशन",
        live="लाइव स्थान साझा किया गया",
        missed="वॉइस कॉल मिस हुई|मिस्ड वॉइस कॉल|मिस्ड वीडियो कॉल",
        banner="मैसेजेस और कॉल्स",
        event="ने ग्रुप बनाया|ने .+ को (?:जोड़ा|हटाया)|सुरक्षा कोड ",  # unverified but for the last
        am="पूर्वाह्न",
        pm="अपराह्न",
        months="जन फ़र,फर मार्च अप्रै मई जून जुल अग सित अक्टू,अक्तू नव दिस",
    ),
    "id": Language(
        media="Media tidak disertakan",
        omitted="gambar tidak disertakan|video tidak disertakan|audio tidak disertakan|stiker tidak disertakan"
        "|GIF tidak disertakan|dokumen tidak disertakan|Kartu kontak tidak disertakan",
        attached="file terlampir",
        attached_ios="terlampir",
        deleted="Pesan ini dihapus|Anda menghapus pesan ini|Pesan ini telah dihapus|Anda telah menghapus pesan ini",
        edited="Pesan ini diedit",  # unverified
        location="lokasi",
        live="Lokasi terkini dibagikan",
        waiting="Menunggu pesan ini. Ini mungkin perlu waktu",  # unverified
        missed="Panggilan suara tak terjawab|Panggilan video tak terjawab",
        call="Panggilan suara|Panggilan video",  # unverified
        unanswered="Tidak ada jawaban|Tak dijawab",  # unverified
        banner="Pesan dan panggilan terenkripsi|Pesan-pesan dan panggilan Anda diamankan",
        event=" membuat grup | menambahkan | mengeluarkan | keluar dari grup|kode keamanan ",  # unverified
        poll="POLLING|OPSI",  # unverified
        months="jan feb mar apr mei jun jul agu,agt sep okt nov des",
    ),
    "ja": Language(
        media="メディアなし|メディアは含まれていません",
        omitted="画像は含まれていません|ビデオは含まれていません|音声は含まれていません|スタンプは含まれていません"
        "|ドキュメントは含まれていません|GIFは含まれていません|連絡先カードを省略",
        attached="添付ファイル有り",
        attached_ios="添付ファイル",
        deleted="このメッセージは削除されました|このメッセージを削除しました",
        location="位置情報",
        live="ライブロケーション共有",
        missed="音声通話不在着信|ビデオ通話不在着信|不在着信",
        banner="メッセージと通話は",
        # unverified but for the last
        event="がグループ.*を作成|が.+を追加しました|が.+を削除しました|が退出しました|セキュリティコードが",
        am="午前",
        pm="午後",
    ),
    "ko": Language(
        media="미디어 파일 제외됨|미디어 파일을 생략한 대화내용",
        omitted="이미지 생략됨|비디오 생략됨|오디오 생략됨|문서 생략됨|연락처 카드 생략됨|GIF 생략됨|스티커 제외됨",
        attached="파일 첨부됨",
        attached_ios="첨부됨",
        deleted="이 메시지는 삭제되었습니다|삭제한 메시지입니다|이 메시지를 삭제했습니다",
        location="위치",
        live="공유한 실시간 위치",
        missed="부재중 전화|부재중 영상통화",
        banner="메시지 및 전화는",
        event="그룹을 (?:만들|생성)|님을 (?:추가|초대|삭제|내보)|님이 (?:나갔|나가셨|참여)|보안 코드가",  # unverified
        am="오전",
        pm="오후",
    ),
    "zh-cn": Language(
        media="省略多媒体文件|省略影音内容",
        omitted="照片已忽略|视频已忽略|音频已忽略|联系人卡片已忽略|GIF 动态图已被忽略|GIF已省略|贴图已省略|文档已省略",
        attached="文件附件",
        attached_ios="附件|已附加",
        deleted="这条消息已被删除|已删除|您已删除这条消息|信息已删除|您删除这个信息",
        location="位置",
        live="共享实时位置",
        missed="未接语音通话|未接视频通话",
        banner="消息和通话都进行端到端加密|您发送的信息和通话都会进行端对端的加密",
        event="创建了此群组|添加了|移除了|退出了群组|安全代码",
        am="上午|凌晨|清晨|早上",
        pm="下午|中午|傍晚|晚上",
    ),
    "zh-tw": Language(
        media="忽略多媒體檔|已省略多媒體檔案|省略多媒體檔案",
        omitted="圖片已略去|影片已略去|音訊已略去|貼圖已略去|文件已略去|聯絡人卡片已略去|GIF 已略去|圖像已省略"
        "|影片已省略|音訊已省略|貼圖已忽略|文件已忽略|聯絡人卡片已省略|GIF 圖片已被省略",
        attached="附件檔案",
        attached_ios="附件",
        deleted="此訊息已刪除|您已刪除此訊息",
        live="實時位置已分享",
        missed="未接語音通話|未接視像通話|未接視訊通話",
        banner="訊息和通話經端對端加密|訊息已受端對端加密|您傳送的訊息和通話都會進行端對端的加密",
        event="建立了此群組|已新增|已離開群組|安全代碼|安全碼",
    ),
    "pl": Language(
        media="pominięto multimedia|pliki pominięto",
        omitted="obraz pominięty|wideo pominięte|audio pominięte|pominięto naklejkę|Plik GIF pominięty"
        "|dokument pominięty|Pominięta wizytówka kontaktu",
        attached="załączony plik|plik załączony",
        attached_ios="załączono",
        deleted="Ta wiadomość została usunięta|Usunąłeś(-ęłaś) tę wiadomość|Usunąłeś(aś) tę wiadomość"
        "|Usunięto tę wiadomość",
        edited="Ta wiadomość została zmieniona",
        location="położenie",
        live="udostępniona transmisja położenia",
        missed="Nieodebrane poł. głosowe|Nieodebrane połączenie|Nieodebrane poł. wideo"
        "|Nieodebrane połączenie głosowe|Nieodebrane połączenie wideo",
        banner="Wiadomości i połączenia są|Twoje wiadomości oraz połączenia są zabezpieczone",
        event=r" utworzył(?:a|\(a\))? grupę| dodał(?:a|\(a\))? | usunął | usunęła |kod zabezpieczeń ",
        months="sty lut mar kwi maj cze lip sie wrz paź lis gru",
    ),
    "cs": Language(
        media="Média vynechána|média vynechány",
        omitted="obrázek vynechán|video vynecháno|zvukový soubor vynechán|nálepka vynechána|GIF vynechán"
        "|dokument vynechán|Vizitka vynechána",
        attached="soubor byl přiložen",
        attached_ios="příloha",
        deleted="Tato zpráva byla smazána|Tuto zprávu jste smazal/a|Tato zpráva byla odstraněna"
        "|Tuto zprávu jste odstranil/a",
        location="poloha",
        live="byla sdílena aktuální poloha",
        missed="Zmeškaný hovor|Zmeškaný hlasový hovor|Zmeškaný videohovor",
        banner="Zprávy a hovory jsou|Vaše zprávy a hovory jsou",
        event=r" vytvořil(?:a|/a)? skupinu| přidal(?:a|/a)? | odebral(?:a|/a)? |Bezpečnostní kód ",
        am="dop.",
        pm="odp.",
        months="led úno bře dub kvě čvn,června čvc,července srp zář říj lis pro",
    ),
    "sk": Language(
        media="Médiá vynechané",
        omitted="obrázok vynechaný|video vynechané|zvuk vynechaný|nálepka vynechaná|GIF vynechaný"
        "|dokument vynechaný|Karta kontaktu vynechaná",
        attached="súbor pripojený",
        attached_ios="príloha",
        deleted="Táto správa bola odstránená|Túto správu ste odstránili",
        live="bola zdieľaná aktuálna poloha",
        banner="Správy a hovory sú zabezpečené|Vaše správy a hovory sú zabezpečené",
        event="Bezpečnostný kód",
    ),
    "uk": Language(
        media="Медіа пропущено",
        omitted="зображення відсутнє|відео відсутнє|аудіо відсутнє|Наклейку не додано|GIF-анімацію пропущено"
        "|документ пропущено|Картка контакту відсутня",
        attached="файл додано",
        attached_ios="додано",
        deleted="Це повідомлення було видалено|Ви видалили це повідомлення",
        location="місцезнаходження|Розташування",
        live="геодані надіслано",
        missed="Пропущений аудіодзвінок|Пропущений відеодзвінок",
        banner="Повідомлення й дзвінки захищено|Ваші повідомлення та дзвінки захищено",
        event=r" створи(?:в|ла|в\(-ла\)) групу| дода(?:в|ла|в\(-ла\)) | видали(?:в|ла|в\(-ла\)) |Код безпеки ",
        am="дп",
        pm="пп",
        months="січ лют бер кві тра чер лип сер вер жов лис гру",
    ),
    "vi": Language(
        media="bỏ qua tệp phương tiện|Bỏ qua Media",
        omitted="đã bỏ qua hình ảnh|đã bỏ video|bỏ qua tệp âm thanh|đã bỏ sticker|Đã bỏ qua ảnh GIF"
        "|đã bỏ qua tài liệu|Bỏ qua thẻ liên lạc",
        attached="tệp đính kèm",
        attached_ios="đính kèm",
        deleted="Tin nhắn này đã bị xóa|Tin nhắn này đã bị xoá|Bạn đã xóa tin nhắn này|Bạn đã xoá tin nhắn này",
        location="vị trí",
        live="vị trí hiện thời được chia sẻ",
        missed="Cuộc gọi nhỡ|Cuộc gọi nhỡ video",
        banner="Tin nhắn và cuộc gọi được mã hóa|Những tin nhắn và những cuộc gọi đã được bảo mật",
        event="Mã bảo mật ",
        am="SA",
        pm="CH",
    ),
    "th": Language(
        media="ไฟล์สื่อถูกลบ|สื่อถูกลบ",
        omitted="ไม่มีรูปภาพ|วิดีโอถูกลบ|ไม่มีไฟล์เสียง|ไม่มีสติกเกอร์|ละเว้น GIF|ละเว้นเอกสาร|บัตรรายชื่อที่ละเว้น",
        attached="ไฟล์ที่แนบ",
        attached_ios="แนบ",
        deleted="ข้อความนี้ถูกลบแล้ว|คุณได้ลบข้อความนี้|ข้อความนี้ได้ถูกลบ|คุณลบข้อความนี้",
        location="ตำแหน่งที่ตั้ง",
        live="ตำแหน่งปัจจุบันถูกแบ่งปัน",
        missed="สายที่ไม่ได้รับ|วิดีโอคอลที่ไม่ได้รับ|สายโทรวิดีโอที่ไม่ได้รับ",
        banner="ข้อความและการโทรได้รับการเข้ารหัส|ข้อความที่คุณส่งถึงแชทและการโทรนี้",
        event="รหัสความปลอดภัย",
        am="ก่อนเที่ยง",
        pm="หลังเที่ยง",
    ),
    "fa": Language(
        media="رسانه حذف شد|پيوست نما/آهنگ حذف شد",
        omitted="تصویر حذف شد|ویدیو حذف شد|صدا حذف شد|استیکر حذف شد|GIF حذف شد|سند حذف شد|برگ مخاطب حذف شد",
        attached="پیوست شد",
        attached_ios="پیوست",
        deleted="این پیام حذف شده است|شما این پیام را حذف کردید|این پیام حذف شد",
        location="موقعیت",
        live="مکان زنده به اشتراک گذاشته شد",
        missed="تماس صوتی پاسخ داده نشده|تماس تصویری پاسخ داده نشده|تماس تصویری بی‌پاسخ|تماس تصویری بیپاسخ",
        banner="پیام‌ها و تماس‌ها سرتاسر|پیامها و تماسها سرتاسر|پیام ها و تماس های شما رمزگذاری",
        event="کد امنیتی",
        am="ق.ظ",
        pm="ب.ظ",
    ),
    "ro": Language(
        media="Conținut media omis",
        omitted="Imagine omisă|clip video omis|fără audio|GIF omis|document omis|Carte de vizită contact omisă",
        attached="fișier atașat",
        attached_ios="atașare",
        deleted="Acest mesaj a fost șters|Ați șters acest mesaj",
        location="locație",
        live="locație în timp real distribuită",
        missed="Apel vocal ratat|Apel vocal nepreluat|Apel video ratat|Apel video nepreluat",
        banner="Mesajele și apelurile sunt criptate|Mesajele dvs. și apelurile sunt securizate",
        event=" a creat grupul| a adăugat | a eliminat |[Cc]odul dvs. de securitate",  # the first three unverified
        months="ian feb mar apr mai iun iul aug sep oct noi dec",
    ),
    "sv": Language(
        media="media utelämnat|Media har utelämnats",
        omitted="bild utesluten|video utesluten|ljud utelslutet|ljud uteslutet|sticker utesluten|GIF utesluten"
        "|dokument uteslutet|Kontaktkort uteslutet",
        attached="bifogad fil",
        attached_ios="bifogat",
        deleted="Det här meddelandet raderades|Du har tagit bort meddelandet|Du raderade det här meddelandet"
        "|Detta meddelande raderades|Du raderade detta meddelande",
        location="plats",
        live="liveposition delad",
        missed="Missat röstsamtal|Missat samtal|Missat videosamtal",
        banner="Meddelanden och samtal är|Dina meddelanden och samtal är säkrade",
        event=" skapade gruppen| lade till | tog bort |säkerhetskod ",  # unverified
        am="fm",
        pm="em",
        months="jan feb mar apr maj jun jul aug sep okt nov dec",
    ),
    "fi": Language(
        media="media jätettiin pois|Media jätetty pois",
        omitted="ei kuvaa|videota ei sisällytetä|äänitiedostoa ei sisällytetä|tarraa ei sisällytetty"
        "|GIF-animaatio jätetty pois|dokumenttia ei sisällytetä|Yhteystietokortti jätettiin pois",
        attached="liitetiedosto",
        attached_ios="liite",
        deleted="Tämä viesti poistettiin|Poistit tämän viestin",
        location="sijainti",
        live="live-sijainti jaettu",
        missed="Vastaamaton äänipuhelu|Vastaamaton videopuhelu",
        banner="Viestit ja puhelut salataan täysin",
        event=" loi ryhmän| lisäsi henkilön| poisti henkilön|Turvanumerosi ",  # the first three unverified
        am="ap.",
        pm="ip.",
        months="tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    ),
    "el": Language(
        media="αρχείο παραλήφθηκε|Εξαίρεση πολυμέσων",
        omitted="εικόνα παραλείφθηκε|βίντεο παραλείφθηκε|ήχος παραλείφθηκε|αυτοκόλλητο παραλήφθηκε|Παράληψη GIF"
        "|έγγραφο παραλείφθηκε|Η κάρτα επαφής παραλήφθηκε",
        attached="συνημμένο αρχείο",
        attached_ios="επισυνάφθηκε",
        deleted="Αυτό το μήνυμα διαγράφηκε|Διαγράψατε αυτό το μήνυμα|Διαγράψατε το μήνυμα",
        location="τοποθεσία",
        live="η τωρινή τοποθεσία κοινοποιήθηκε",
        missed="Αναπάντητη φωνητική κλήση|Αναπάντητη βιντεοκλήση|Αναπάντητη κλήση",
        banner="Τα μηνύματα και οι κλήσεις",
        event="κωδικός ασφαλείας",
        am="π.μ.",
        pm="μ.μ.",
        months="ιαν φεβ μαρ,μάρ απρ μαΐ,μάι,μαϊ ιουν,ιούν ιουλ,ιούλ αυγ,αύγ σεπ οκτ νοε,νοέ δεκ",
    ),
    "da": Language(
        media="medier udeladt|Mediefil udeladt",
        omitted="billede udeladt|video udeladt|lyd udeladt|klistermærke udeladt|GIF udeladt|dokument udeladt"
        "|Kontaktkort udeladt",
        attached="fil vedhæftet",
        attached_ios="vedhæftet",
        deleted="Denne besked er blevet slettet|Du har slettet denne besked|Denne besked blev slettet"
        "|Du slettede denne besked",
        location="placering",
        live="live placering delt",
        missed="Ubesvaret taleopkald|Ubesvaret videoopkald|Mistet opkald",
        banner="Beskeder og opkald er end-to-end|Dine beskeder og opkald er sikret",
    ),
    "nb": Language(
        media="media utelatt|Uten vedlegg",
        omitted="bilde ikke inkludert|video utelatt|lyd utelatt|klistremerke utelatt|GIF utelatt|utelatt dokument"
        "|Kontaktkort sløyfet",
        attached="vedlagt fil",
        attached_ios="vedlagt",
        deleted="Denne meldingen ble slettet|Du slettet denne meldingen",
        location="posisjon",
        live="posisjon i sanntid delt",
        missed="Tapt taleanrop|Tapt videoanrop|Tapt videosamtale",
        banner="Meldinger og samtaler er ende-til-ende|Dine meldinger og samtaler er sikret",
    ),
    "hu": Language(
        media="média elhagyva|Hiányzó médiafájl",
        omitted="kép küldése sikertelen|Videó kihagyva|Hang kihagyása|matrica kihagyva|GIF fájl kihagyása"
        "|dokumentum kihagyva|Névjegykártya kihagyva",
        attached="fájl csatolva",
        attached_ios="csatolva",
        deleted="Ez az üzenet törlésre került|Ezt az üzenetet törölted|Törölted ezt az üzenetet",
        location="Helyzet",
        live="tartózkodási hely megosztva",
        missed="Nem fogadott hanghívás|Nem fogadott videohívás|Nem fogadott videóhívás",
        banner="Az üzenetek és hívások végpontok|A csevegéseid és hívásaid automatikusan",
    ),
    "hr": Language(
        media="medijski zapis izostavljen",
        omitted="slika izostavljena|video izostavljen|zvuk izostavljen|naljepnica izostavljena|GIF izostavljen"
        "|dokument izostavljen|Posjetnica izostavljena",
        attached="datoteka u privitku",
        attached_ios="priloženo",
        deleted="Ova je poruka izbrisana|Ova poruka je izbrisana|Izbrisali ste ovu poruku",
        location="lokacija",
        live="trenutna lokacija podijeljena",
        missed="Propušteni glasovni poziv|Propušten glasovni poziv|Propušteni videopoziv|Propušten video poziv",
        banner="Poruke i pozivi zaštićeni su|Vaši pozivi i poruke koje",
    ),
    "ca": Language(
        media="fitxers multimèdia omesos|Mitjans omesos",
        omitted="Imatge omesa|vídeo omès|Àudio omès|adhesiu omès|GIF omès|Document omès|Targeta de contacte omesa",
        attached="arxiu adjunt",
        attached_ios="adjunt",
        deleted="Aquest missatge s'ha suprimit|Has suprimit aquest missatge|Aquest missatge està esborrat"
        "|Has esborrat aquest missatge",
        location="ubicació",
        live="Ubicació en directe compartida",
        missed="Trucada de veu perduda|Trucada de vídeo perduda|Videotrucada perduda",
        banner="Els missatges i les trucades estan|Els vostres missatges i trucades estan",
    ),
    "ms": Language(
        media="media dikecualikan|Media disingkirkan",
        omitted="imej tidak dimasukkan|video tidak dimasukkan|audio tidak dimasukkan|pelekat tidak disertakan"
        "|GIF tidak dimasukkan|dokumen tidak dimasukkan|Kad kenalan tidak dimasukkan",
        attached="fail dilampirkan",
        attached_ios="dilampir",
        deleted="Mesej ini telah dipadam|Anda telah memadamkan mesej ini",
        live="lokasi terkini dikongsi",
        missed="Panggilan suara terlepas|Panggilan video terlepas",
        banner="Mesej dan panggilan disulitkan|Mesej-mesej dan panggilan anda selamat",
    ),
    "bn": Language(
        media="মিডিয়া বাদ দেওয়া হয়েছে",
        omitted="ইমেজ বাদ দেওয়া হয়েছে|ভিডিও বাদ দেওয়া হয়েছে|অডিও বাদ দেওয়া হয়েছে|স্টিকার বাদ দেওয়া হয়েছে"
        "|জিআইএফ বাদ দেওয়া হয়েছে|ডকুমেন্ট বাদ দেওয়া হয়েছে|পরিচিতির কার্ড বাদ দেওয়া হয়েছে",
        attached="ফাইল সংযুক্ত হয়েছে",
        deleted="এই মেসেজটি বাদ দেওয়া হয়েছে|আপনি এই মেসেজটি বাদ দিয়েছেন|এই বার্তাটি মুছে ফেলা হয়েছে|আপনি এই বার্তাটি মুছে ফেলেছেন",
        location="অবস্থান",
        live="লাইভ অবস্থান শেয়ার করা হয়েছে",
        banner="মেসেজ এবং কল এন্ড-টু-এন্ড|আপনার বার্তা এবং কল",
    ),
    "ur": Language(
        media="میڈیا چھوڑ دیا گیا|میڈیا ہٹا دیا گیا",
        omitted="تصویر نکال دی گئی ہے|ویڈیو نظرانداز|آڈیو نظرانداز|اسٹیکر نظرانداز|GIF نظرانداز|دستاویز نظرانداز"
        "|رابطہ کارڈ نظر انداز",
        attached="پیوستہ فائل",
        attached_ios="پیوستہ",
        deleted="یہ میسج حذف کر دیا گیا ہے|آپ نے یہ میسج حذف کر دیا ہے|یہ پیغام حذف کیا گیا|آپ نے اس پیغام کو حذف کیا",
        location="مقام",
        live="جاری مقام کا اشتراک ہوا",
        banner="میسجز اور کالز اینڈ ٹو اینڈ|آپ کے پیغامات اور کالس",
    ),
    "mr": Language(
        media="मीडिया वगळण्यात आला|मीडिया वगळले",
        omitted="इमेज वगळली|व्हिडीओ वगळला|ऑडिओ वगळला|स्टिकर वगळले|GIF वगळले|डॉक्युमेंट वगळले|संपर्क कार्ड वगळले",
        attached="फाइल संलग्न",
        attached_ios="संलग्न केले",
        deleted="हा मेसेज हटवण्यात आला|तुम्ही हा मेसेज हटवला|हा संदेश हटविण्यात आला होता|आपण हा संदेश हटविलात",
        live="सध्याचे थेट ठिकाण शेअर केले",
        banner="मेसेजेस आणि कॉल्स",
    ),
    "gu": Language(
        media="મિડિયા છોડી મૂકાયું|મીડિયા અવગણવામાં આવ્યા|મીડિયા અવગણાયું",
        omitted="છબી પડતી મૂકાઈ|વિડિયો પડતી મુકાઈ|ઓડિયો ફાઇલ શામેલ કરી નથી|સ્ટીકર પડતું મુકાયું|GIF પડતી મૂકાઈ"
        "|ડોક્યુમેન્ટ સામેલ કર્યું નહિ|સંપર્કનું કાર્ડ પડતું મૂકાયું",
        attached="ફાઇલ જોડાયેલ",
        attached_ios="જોડાયેલ",
        deleted="આ મેસેજ ડિલીટ કરાયો|તમે આ મેસેજ ડિલીટ કર્યો|આ સંદેશ રદ્દ કરાયો|તમે આ સંદેશને રદ્દ કર્યો",
        location="સ્થળ",
        live="જીવંત સ્થાન શેર કરાયું",
        banner="મેસેજ અને કૉલ શરૂથી અંત સુધી",
    ),
}

JOINS = ("à", "klo", "um", "at")
"""Words that may stand between the date and the time."""


def every(field: str) -> list[str]:
    """The phrases of all languages for one of the fields of Language, each once."""
    assert field in {each.name for each in fields(Language)}
    found = (phrase for each in LANGUAGES.values() for phrase in getattr(each, field).split("|"))
    return list(dict.fromkeys(filter(None, found)))


def events() -> str:
    """A pattern of what happens in notices, in all languages."""
    return "|".join(each.event for each in LANGUAGES.values() if each.event)


def phrases(language: str, field: str) -> list[str]:
    """The phrases of one language, the most usual first; those of English where none is known."""
    found: str = getattr(LANGUAGES[language], field) or getattr(LANGUAGES["en"], field)
    return found.split("|")


def months() -> dict[str, int]:
    """How the names of months begin, in all languages, and which month that is."""
    named = (each.months.split() for each in LANGUAGES.values() if each.months)
    return {start: month for names in named for month, name in enumerate(names, 1) for start in name.split(",")}
